/**
 * How an alias and its session are written, one after the other. The alias is claimed first (`id:0`). Then its session is
 * written. Then the alias is settled (`id:until`). Whoever finds a claim waits until the session opens, or the claim is given
 * up, or the script that was to write the session is past its deadline. Only then may it claim the alias itself. (To take it
 * over at once and give it back if need be was not enough: a third could take it in between.) After a crash the next one has
 * to wait that long, once.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { expiresAt } from '../../core/expiry.ts';
import type { Session } from '../../core/session.ts';
import { type Aliases, type AliasOf, idIn, type Lead, leadTo, timeToLive, ttlOf, untilIn } from './aliases.ts';
import type { Pair } from './answers.ts';
import type { Batching } from './batching.ts';

/** In the place of the instant, while the session is not written yet. */
const CLAIMED = ':0';
/** A claim ends by itself, also where its session has no end. Units: milliseconds. */
const CLAIM_TTL = timeToLive(3_600_000);
/** How often a request that waits for a claim looks again. Units: milliseconds. */
const LOOK_AGAIN = 10;

/** `own`: the alias leads there already. `taken`: it leads to another session that lives. */
export type Claim = 'new' | 'own' | 'taken';

export class Claims {
  private readonly aliases: Aliases;
  private readonly batching: Batching;
  /** How long it may still be written what a claim is for. Units: milliseconds. */
  private readonly patience: number;

  /** `timeout`: in which each step of a verb is answered, or is not done any more. Units: milliseconds. */
  constructor(aliases: Aliases, batching: Batching, timeout: number) {
    this.aliases = aliases;
    this.batching = batching;
    // A claim is there before its script is sent: past one budget for each of the two answers that cannot run any more.
    this.patience = 2 * timeout;
  }

  /**
   * Claims an alias for a session that is about to be written; `settled` or `withdraw` comes next. Others wait for it as long as
   * `isWaitedFor` says: the script that writes the session must be sent before that is over.
   */
  claim(of: AliasOf): Promise<Claim> {
    const { app } = of.session;
    // Also where it moved on: its alias may be about to follow.
    const opens = async (id: string) => {
      return (await this.aliases.follow(app, { id, hash: of.hash }, (lead) => this.lookAt(lead.id, of))) !== null;
    };
    return this.take(of, claimOf(of.session), null, opens);
  }

  /**
   * Tells whether a script that is sent now can only run while others wait for a claim: they do for two budgets, and the script runs
   * within the second one. `since`: before the claim was asked for, on the clock of `performance`.
   */
  isWaitedFor(since: number): boolean {
    return performance.now() - since < this.patience / 2;
  }

  /** Settles a claim, now that its session is written. False: the alias leads elsewhere. */
  async settled(of: AliasOf): Promise<boolean> {
    const { written, held } = await this.aliases.point(of, claimOf(of.session));
    if (written || (held !== null && idIn(held) === of.session.id)) return true;
    if (held !== null) return false;
    // The same was done at the same time, in vain, and the claim was withdrawn; or the session has ended since.
    const back = await this.putBack(of);
    return back !== 'elsewhere';
  }

  /**
   * Takes back a claim for what was then not done: unless the session lives by it after all, because the same was done at
   * the same time.
   */
  async withdraw(of: AliasOf): Promise<void> {
    const { app, id } = of.session;
    if (await this.opensAt(id, of)) return;
    await this.aliases.release(app, [[of.hash, claimOf(of.session)]]);
    await this.putBack(of);
  }

  /**
   * Removes aliases of sessions that ended. One of them may have been put in again meanwhile, with its id and its token
   * (installs.ts): then it keeps its alias. A removed alias cannot tell whose it was, because both lead to one id.
   */
  async release(app: string, ended: readonly Pair[], now: number): Promise<void> {
    await this.aliases.release(app, ended);
    await Promise.all(
      ended.map(async ([hash, id]) => {
        const again = await this.batching.read(app, id, hash, 'look', now);
        if (again !== null) await this.putBack({ session: again.session, hash, now: again.at });
      }),
    );
  }

  /**
   * Lets the alias of a session that moved lead to where it is now, whatever it has come to hold meanwhile, and takes back
   * the word left where it was.
   */
  async settle(of: AliasOf, from: Lead): Promise<void> {
    const { app, id } = of.session;
    await this.take(of, leadTo(of.session), from.alias, (held) => this.opensAt(held, of));
    await this.aliases.forgetCopy(app, id);
    await this.aliases.forgetWord(app, from.id);
    // Ended meanwhile, it must not leave an alias behind. One that moved on left word, to which its alias must lead.
    if (await this.opensAt(id, of)) return;
    if ((await this.aliases.wordAt(app, id)) === null) await this.aliases.release(app, [[of.hash, id]]);
  }

  /**
   * Keeps an alias as long as the session it led to, and not for ever, now that the session was touched. What only word
   * leads to gets its alias: who should have set it is gone, and word ends one day.
   */
  async extend(of: AliasOf, lead: Lead): Promise<void> {
    if (lead.from !== undefined) return this.settle(of, { ...lead, id: lead.from });
    if (lead.alias === null) return;
    const [until, deadline] = [untilIn(lead.alias), expiresAt(of.session)];
    if (until >= deadline && Number.isFinite(until) === Number.isFinite(deadline)) return;
    await this.aliases.point(of, lead.alias);
  }

  /** Keeps the alias of a session as long as that, now that its timeouts were changed. */
  async keep(of: AliasOf): Promise<void> {
    const held = await this.aliases.held(of.session.app, of.hash);
    if (held !== null && idIn(held) === of.session.id) await this.aliases.point(of, held);
  }

  /**
   * Lets an alias hold `value`, unless a session lives that it leads to. `thought`: what it is thought to hold. `opens` tells
   * whether a session at an id lives by the token.
   */
  private async take(
    of: AliasOf,
    value: string,
    thought: string | null,
    opens: (id: string) => Promise<boolean>,
  ): Promise<Claim> {
    const { app, id } = of.session;
    const ttl = ttlOf(of, isClaim(value) ? CLAIM_TTL : '');
    // By claim of somebody else, until when it is waited for.
    const patience = new Map<string, number>();
    for (let from = thought; ; ) {
      const { written, held } = await this.aliases.put(app, of.hash, { from, to: value, ttl });
      // One that was replaced is looked at again: its session may have begun to live since.
      if (held !== null && (await opens(idIn(held)))) {
        if (idIn(held) === id) return 'own';
        if (!written) return 'taken';
        await this.giveBack(of, value, held);
        // Ended meanwhile, it found an alias that was not its own, and removed none.
        if (!(await opens(idIn(held)))) await this.aliases.release(app, [[of.hash, idIn(held)]]);
        return 'taken';
      }
      if (written) return 'new';
      from = held;
      if (held === null || !isClaim(held)) continue;
      const until = patience.get(held) ?? performance.now() + this.patience;
      patience.set(held, until);
      if (performance.now() >= until) continue;
      // Nothing takes its place before its time is over, unless it is withdrawn.
      from = null;
      await delay(LOOK_AGAIN);
    }
  }

  /**
   * Lets an alias that is gone lead to its session again, if that lives. It is looked at once more afterwards: an end in between
   * found no alias to remove. `elsewhere`: the alias leads to another session by now.
   */
  private async putBack(of: AliasOf): Promise<'back' | 'ended' | 'elsewhere'> {
    const { app, id } = of.session;
    if (!(await this.opensAt(id, of))) return 'ended';
    if (!(await this.aliases.restore(of))) return 'elsewhere';
    if (await this.opensAt(id, of)) return 'back';
    await this.aliases.release(app, [[of.hash, id]]);
    return 'ended';
  }

  /** Lets an alias that was claimed lead to where it led before. */
  private async giveBack({ session, hash, now }: AliasOf, value: string, before: string): Promise<void> {
    const until = untilIn(before);
    const ttl = Number.isFinite(until) ? timeToLive(until - now) : '';
    await this.aliases.put(session.app, hash, { from: value, to: before, ttl });
  }

  /** Tells whether a session lives at that very id by the token of an alias. */
  private async opensAt(id: string, of: AliasOf): Promise<boolean> {
    return (await this.lookAt(id, of)) !== null;
  }

  private lookAt(id: string, { session, hash, now }: AliasOf) {
    return this.batching.read(session.app, id, hash, 'look', now);
  }
}

/** Gives what an alias holds while its session is not written yet. */
function claimOf({ id }: Session): string {
  return id + CLAIMED;
}

/** Tells whether an alias says that its session is not written yet. */
export function isClaim(alias: string): boolean {
  return alias.endsWith(CLAIMED);
}
