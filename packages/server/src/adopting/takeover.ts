/**
 * Takes one session over: out of the old keys by one script (lua/adopt/take.lua), into our store by `install`, and then the claim that
 * stood for it in between is done. Whichever step a process dies after, nothing is lost: the claim holds the whole session, and
 * the next request for its token finishes it, or the sweep.
 *
 * Only one process installs, because one that installed late, after another one had and the session was ended, would bring it back.
 * So a claim has an owner and a lease. Who does not get to the end within the lease may be overtaken, and then must not install; and
 * who has installed and hears that another one had before him, takes back what he did.
 *
 * Rejected: to copy, and to remove the old one when it is installed. A kill by the old library in between would end only one of two.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { SessionStore } from '../core/store.ts';
import type { StoredSession } from '../core/stored-session.ts';
import { parseToken, randomText } from '../core/token.ts';
import { readMember } from './old-keys.ts';
import { type OldRedis, OldSideAway } from './old-redis.ts';
import { readOld } from './old-sessions.ts';

/** How long nobody else may install what somebody has taken. Units: milliseconds. */
export const LEASE = 2000;
/** Of its lease, how much may be over when one begins to install. */
const BEGINS_WITHIN = LEASE / 2;
/** How long one waits for another who installs: until his lease is over, and a little. Units: milliseconds. */
const LONGEST_WAIT = 2 * LEASE;
const SHORTEST_PAUSE = 4;
const LONGEST_PAUSE = 50;
/** The name of an app that no user can have (core/validate.ts): notes of what was ended here while the old side was away. */
const NOTES = '_adopting';
/** How long they are kept: a claim is finished soon after the old side is back. Units: milliseconds. */
const NOTED = 30 * 86_400_000;
/** Sessions that are taken at once where many are. */
const AT_ONCE = 64;

/**
 * Where the session of a token is now. `none`: the old side has nothing of it. `here`: it was installed here just now, or a moment ago.
 */
export type Whereabouts = 'none' | 'here';

export interface TakeoverOptions {
  readonly old: OldRedis;
  readonly store: SessionStore;
  readonly clock: () => number;
  /** Told of each session that was installed here. */
  readonly onTaken: () => void;
  /** Told of one that cannot be: why, and an example that is no token. */
  readonly onLeft: (reason: string, example: string) => void;
}

export class Takeover {
  private readonly options: TakeoverOptions;
  private readonly owner = randomText(16);
  private readonly underWay = new Map<string, Promise<Whereabouts>>();

  constructor(options: TakeoverOptions) {
    this.options = options;
  }

  /** Brings the session of a token here, if the old side has it. Errors: OldSideAway, and what the store says. */
  bring(app: string, token: string): Promise<Whereabouts> {
    const key = `${app}:${token}`;
    let bringing = this.underWay.get(key);
    if (bringing === undefined) {
      bringing = this.bringOnce(app, token).finally(() => this.underWay.delete(key));
      this.underWay.set(key, bringing);
    }
    return bringing;
  }

  /** Brings many. */
  async bringAll(app: string, tokens: readonly string[]): Promise<void> {
    const rest = [...tokens];
    const one = async () => {
      for (let token = rest.pop(); token !== undefined; token = rest.pop()) await this.bring(app, token);
    };
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, tokens.length) }, one));
  }

  /**
   * Resolves when all sessions of an app that were taken before are installed here. What ends or lists many must not miss those
   * that are on their way. Errors: OldSideAway, and what the store says.
   */
  async settleTaken(app: string): Promise<void> {
    const { old } = this.options;
    const members = (await old.send('ZRANGE', [old.keys.taken, 0, -1])) as Buffer[];
    const of = members.map((member) => readMember(String(member))).filter((member) => member?.app === app);
    await this.bringAll(
      app,
      of.map((member) => member!.token),
    );
  }

  private async bringOnce(app: string, token: string): Promise<Whereabouts> {
    const until = performance.now() + LONGEST_WAIT;
    for (let pause = SHORTEST_PAUSE; ; pause = Math.min(2 * pause, LONGEST_PAUSE)) {
      const began = performance.now();
      const [state, ...rest] = (await this.call('take', app, token)) as [Buffer, ...unknown[]];
      const where = await this.after(`${state}`, rest, app, token, began);
      if (where !== 'busy') return where;
      if (performance.now() + pause > until)
        throw new OldSideAway(new Error('a session is being taken over elsewhere'));
      await delay(pause);
    }
  }

  /** Does what the answer of take.lua asks for. `busy`: ask again. */
  private async after(state: string, rest: unknown[], app: string, token: string, began: number) {
    if (state === 'none' || state === 'here' || state === 'busy') return state;
    if (state === 'killed') return this.endedThere(app, token);
    const reading = readOld(app, token, rest as (Buffer | null)[]);
    if (reading === null || reading.kind === 'left') {
      if (reading !== null) this.options.onLeft(reading.reason, reading.example);
      await this.call('back', app, token);
      return 'none';
    }
    return this.install(reading.record, app, token, began);
  }

  private async install(record: StoredSession, app: string, token: string, began: number) {
    const { store, clock, onTaken } = this.options;
    if (performance.now() - began > BEGINS_WITHIN) return 'busy';
    const installed = await store.install(record, false, clock());
    if (installed === 'expired') {
      await this.call('back', app, token);
      return 'none';
    }
    // It was installed before, by a process that died then, and ended while nobody could be asked for its claim.
    if (await this.wasEnded(record.session.id)) return this.endedThere(app, token);
    const done = String(await this.call('done', app, token));
    if (done === 'here') {
      onTaken();
      return 'here';
    }
    if (done === 'killed') return this.endedThere(app, token);
    // Another one had installed it before; if it was not there any more, then because it was ended since.
    if (done !== 'busy' && installed === 'installed') await this.endHere(app, token);
    return 'busy';
  }

  /** Ends here what an old server has ended there, which had read it before it was taken. */
  async endedThere(app: string, token: string): Promise<'none'> {
    const { old } = this.options;
    const { keys } = old;
    await this.endHere(app, token);
    await old.call(
      'forget',
      [keys.claim(app, token), keys.record(app, token), keys.taken, keys.here],
      [`${app}:${token}`],
    );
    return 'none';
  }

  /**
   * Sees to it that a session that was ended here stays so, although the old side was away and may have a claim of it that a crash
   * left after the install. The end is made once more: who finishes the claim at this moment may not have seen the note.
   */
  async keepEnded(app: string, id: string): Promise<void> {
    const { store, clock } = this.options;
    const now = clock();
    await store.memo(NOTES, `ended.${id}`, { text: 'ended', instead: null, until: now + NOTED }, now);
    await store.revoke(app, { by: 'id', id }, now);
  }

  /** There is no verb that only reads a memo: nothing has the text that this would replace. */
  private async wasEnded(id: string): Promise<boolean> {
    const { store, clock } = this.options;
    const now = clock();
    return (await store.memo(NOTES, `ended.${id}`, { text: '-', instead: '-', until: now + 1 }, now)) === 'ended';
  }

  private endHere(app: string, token: string): Promise<number> {
    return this.options.store.revoke(app, { by: 'token', token: parseToken(token) }, this.options.clock());
  }

  private call(script: 'take' | 'done' | 'back', app: string, token: string): Promise<unknown> {
    const { keys, layout } = this.options.old;
    const [session, claim, record] = [layout.session(app, token), keys.claim(app, token), keys.record(app, token)];
    const indexes = [layout.index(app), layout.users(app), layout.all];
    const { owner } = this;
    const call = this.options.old.call.bind(this.options.old);
    if (script === 'done') return call(script, [session, claim, record, keys.taken, keys.here], [app, token, owner]);
    const args = script === 'take' ? [app, token, owner, LEASE, keys.namespace] : [app, token, owner, keys.namespace];
    return call(script, [session, claim, record, keys.taken, ...indexes], args);
  }
}
