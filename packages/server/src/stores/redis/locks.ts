/**
 * Locks in Redis. The lock of a session stands in the slot of the session, so that a change and its lock are one script. The lock
 * of a token that opens nothing stands beside its alias, whose slot is another one. So a session that begins has to be brought
 * together with its lock:
 *
 * - Who creates it with a lock claims the alias first. From then on nobody gets the lock of the token, though its lease may end:
 *   lua/lock-token.lua looks at the alias. Then the lock is looked at, and set under the id that nobody knows yet; then
 *   the session is written; then the lock of the token ends.
 * - Who creates it without a lock does not look for one, which would cost every create a command. The next one who asks for the lock of
 *   the session, or changes it with a lock, brings it over (`gather`).
 *
 * No command waits in Redis and nothing is published: who waits asks again, 50 times a second (core/lock-waiting.ts). Rejected:
 * publish and subscribe. It needs two more commands of the account and a connection of its own for each process, and must look
 * now and then all the same, because a message may be lost with its connection.
 */
import { STANDS } from '../../core/lock.ts';
import type { LockClaim, LockOutcome, LockRef } from '../../core/store.ts';
import type { TokenRef } from '../../core/token.ts';
import type { Aliases } from './aliases.ts';
import { parts } from './answers.ts';
import type { Batching } from './batching.ts';
import { isClaim } from './claims.ts';
import { packHash } from './hashes.ts';
import type { Keys } from './keys.ts';
import { unpackVisit } from './record.ts';
import type { Argument, ScriptCalls } from './script-calls.ts';

/** How often the alias of a token may have changed under our hands, before it is for the next question to find out. */
const MOST_TRIES = 5;

/** What lua/lock.lua answers of a token that a rotation replaced, after its grace. */
const REUSED = 1;

export class Locks {
  private readonly calls: ScriptCalls;
  private readonly keys: Keys;
  private readonly aliases: Aliases;
  private readonly batching: Batching;
  /** Aliases that somebody claims, and until when: on the clock of `performance`. */
  private readonly claimed = new Map<string, number>();

  constructor(calls: ScriptCalls, keys: Keys, aliases: Aliases, batching: Batching) {
    this.calls = calls;
    this.keys = keys;
    this.aliases = aliases;
    this.batching = batching;
  }

  /** As SessionStore.lock. */
  async claim(app: string, token: TokenRef, claim: LockClaim, now: number): Promise<LockOutcome | null> {
    const asks = claim.asks.flatMap(({ hash, lease }) => [hash, lease]);
    const asked = [STANDS, Number(claim.stays), ...asks];
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const found = await this.aliases.follow(app, token, async ({ id }) => {
        await this.gather(app, token, id, now);
        return this.ofSession(app, id, token, asked, now);
      });
      if (found !== null || !claim.begins) return found;
      const alias = await this.aliases.held(app, token.hash);
      if (alias !== null && this.isBegun(app, alias)) break;
      const keys = [this.keys.alias(app, token.hash), this.keys.tokenLock(app, token.hash)];
      const answer = await this.calls.call('lock-token', keys, now, [alias ?? '', ...asked]);
      if (answer === null) continue;
      const [at, granted, holder] = parts(answer, 'number', 'text', 'text');
      return { granted: granted || null, holder: holder || null, session: null, at };
    }
    // The session is being written just now.
    return { granted: null, holder: null, session: null, at: now };
  }

  /** As SessionStore.unlock. Of the token first: what is brought over meanwhile is then noticed by who brings it. */
  async end(app: string, token: TokenRef, hash: string, now: number): Promise<void> {
    if (token.id === null) await this.leave(this.keys.tokenLock(app, token.hash), hash, now);
    // Wherever the token leads, also when it opens nothing any more.
    await this.aliases.follow(app, token, async ({ id }) =>
      (await this.leave(this.keys.lock(app, id), hash, now)) ? true : null,
    );
  }

  /** Ends a lock, or a place in its queue. Gives whether it was there. */
  async leave(key: string, hash: string, now: number): Promise<boolean> {
    const [, left] = parts((await this.calls.call('lock-leave', [key], now, [hash]))!, 'number', 'number');
    return left === 1;
  }

  /** Brings the lock of a token to the session that it opens by now. */
  async gather(app: string, { id: own, hash }: TokenRef, id: string, now: number): Promise<void> {
    if (own !== null) return;
    const from = this.keys.tokenLock(app, hash);
    const text = await this.look(from, '', now);
    if (text === '') return;
    const to = this.keys.lock(app, id);
    if (!(await this.carry(to, text, now))) return;
    const holder = /^\d+:([^;]*);/.exec(text)?.[1] ?? '';
    // Its holder ended it in between.
    if (!(await this.leave(from, holder, now))) await this.leave(to, holder, now);
  }

  /**
   * Sets a lock under an id at which its session is about to be written, so that it is there first. False: it does not hold.
   * `from`: the key of a token that opens nothing, or of the id that the session has now. `alone`: those who wait stay behind, for the
   * token that they have is about to end.
   */
  async goAhead(app: string, from: string, id: string, lock: LockRef, now: number, alone = false): Promise<boolean> {
    const all = await this.look(from, lock.hash, now);
    const text = alone ? all.slice(0, all.indexOf(';') + 1) : all;
    if (text !== '') await this.carry(this.keys.lock(app, id), text, now);
    return text !== '';
  }

  /** Ends what is left of a lock where its session was not yet; and the lock, if the change says so. */
  async arrived(app: string, { hash }: TokenRef, id: string, lock: LockRef, now: number): Promise<void> {
    await this.leave(this.keys.tokenLock(app, hash), lock.hash, now);
    if (lock.release) await this.leave(this.keys.lock(app, id), lock.hash, now);
  }

  private async look(key: string, hash: string, now: number): Promise<string> {
    return parts((await this.calls.call('lock-look', [key], now, [hash]))!, 'number', 'text')[1];
  }

  private async carry(key: string, text: string, now: number): Promise<boolean> {
    return parts((await this.calls.call('lock-carry', [key], now, [text]))!, 'number', 'number')[1] === 1;
  }

  private async ofSession(app: string, id: string, token: TokenRef, asked: readonly Argument[], now: number) {
    const [sessions, data] = this.keys.ofSession(app, id);
    const args = [id, packHash(token.hash), ...asked];
    const answer = await this.calls.call('lock', [sessions!, data!, this.keys.lock(app, id)], now, args);
    if (answer === null) return null;
    if (answer[1] === REUSED) {
      this.batching.reused(app, id, token);
      return null;
    }
    const [at, granted, holder, visit] = parts(answer, 'number', 'text', 'text', 'bytes');
    const session = granted === '' ? null : unpackVisit(visit, app, id, at).session;
    return { granted: granted || null, holder: holder || null, session, at };
  }

  /**
   * Tells whether somebody is about to write the session of an alias. As with those who wait for a claim (claims.ts) that is over
   * when the script that was to write it is past its deadline.
   */
  private isBegun(app: string, alias: string): boolean {
    if (!isClaim(alias)) return false;
    const name = `${app}:${alias}`;
    const now = performance.now();
    for (const [other, until] of this.claimed) if (until < now - FORGET) this.claimed.delete(other);
    const until = this.claimed.get(name) ?? now + 2 * this.calls.timeout;
    this.claimed.set(name, until);
    return now < until;
  }
}

/** How long it is remembered that a claim was given up. Units: milliseconds. */
const FORGET = 60_000;
