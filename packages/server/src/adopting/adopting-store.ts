/**
 * A store that also has the sessions which redis-sessions still keeps elsewhere: around our own store, whichever that is. One place
 * for all verbs, and none of them knows of it.
 *
 *   by token     a token that redis-sessions may have made is first asked for there, and its session taken over (takeover.ts). Once
 *                a process has heard that there is nothing more to come of it, it never asks again. Tokens of ours: nothing.
 *   by id        an id that opens nothing here leads to an old session once a list has shown it
 *   ends         of a user or an app end what is there, too. Lists and counts look at both sides, and take nothing
 *   caps         count what is here: so a user's old sessions come over before he gets another one
 *
 * While the old side does not answer, what opens a session here goes on as ever. What opens none is not known: OldSideAway.
 * What was ended here is ended, and the caller hears that the rest is not known.
 *
 * Rejected: to ask our own store first and the other one only then. It is one answer less to wait for, but a kill on the old side by a
 * process that had read the session before it was taken would be answered, and the session would live on here.
 */
import type { Origin } from '../core/events.ts';
import type {
  CreateOutcome,
  ListQuery,
  LockClaim,
  LockOutcome,
  Memo,
  Page,
  RotateOutcome,
  Selector,
  SessionStore,
  Touch,
  UpdateOutcome,
  Visit,
} from '../core/store.ts';
import type { Installed, RecordsPage, Replace, StoredSession } from '../core/stored-session.ts';
import { foreignTokenOf, type TokenRef } from '../core/token.ts';
import { BothSides } from './both-sides.ts';
import type { OldLists } from './old-lists.ts';
import { OldSideAway } from './old-redis.ts';
import type { OldSessions } from './old-sessions.ts';
import { RecentSet } from './recent-set.ts';
import type { Takeover } from './takeover.ts';

/** Sessions of which a process remembers that they are ours for good. */
const REMEMBERED = 100_000;

export interface Adopting {
  /** Our own. */
  readonly store: SessionStore;
  readonly takeover: Takeover;
  readonly sessions: OldSessions;
  readonly lists: OldLists;
}

export class AdoptingStore implements SessionStore {
  readonly journal: SessionStore['journal'];
  private readonly store: SessionStore;
  private readonly takeover: Takeover;
  private readonly old: OldSessions;
  private readonly lists: OldLists;
  private readonly both: BothSides;
  /** Tokens, by app and hash, of which nothing more is to come. */
  private readonly ours = new RecentSet(REMEMBERED);

  constructor({ store, takeover, sessions, lists }: Adopting) {
    this.store = store;
    this.journal = store.journal;
    this.takeover = takeover;
    this.old = sessions;
    this.lists = lists;
    this.both = new BothSides(store, lists, takeover);
  }

  async create(...args: Parameters<SessionStore['create']>): Promise<CreateOutcome> {
    const [session, , cap] = args;
    if (cap !== null) await this.bringAllOf(session.app, session.subject);
    return this.store.create(...args);
  }

  get(app: string, token: TokenRef, touch: Touch, now: number): Promise<Visit | null> {
    if (this.isOurs(app, token)) return this.store.get(app, token, touch, now);
    return this.withOld(app, token, () => this.store.get(app, token, touch, now));
  }

  async getMany(app: string, tokens: readonly TokenRef[], touch: Touch, now: number): Promise<(Visit | null)[]> {
    const asked = tokens.map((token) => (this.isOurs(app, token) ? null : this.bring(app, token)));
    if (asked.every((one) => one === null)) return this.store.getMany(app, tokens, touch, now);
    const old = await Promise.all(asked);
    const visits = await this.store.getMany(app, tokens, touch, now);
    for (const [i, visit] of visits.entries()) this.learn(app, tokens[i]!, old[i] ?? null, visit !== null);
    return visits;
  }

  async find(app: string, id: string, now: number): Promise<Visit | null> {
    const visit = await this.store.find(app, id, now);
    if (visit !== null) return visit;
    const member = await this.lists.memberOf(app, id);
    if (member === null) return null;
    const session = (await this.old.find(app, member.token))?.session ?? null;
    // It may have come over meanwhile.
    if (session === null) {
      await this.takeover.settleTaken(app);
      return this.store.find(app, id, now);
    }
    return { session, at: now, idle: Math.max(0, now - session.lastSeenAt) };
  }

  async update(...args: Parameters<SessionStore['update']>): Promise<UpdateOutcome | null> {
    const [app, token, { move }] = args;
    if (move?.cap) await this.bringAllOf(app, move.subject);
    return this.withOld(app, token, () => this.store.update(...args));
  }

  async rotate(...args: Parameters<SessionStore['rotate']>): Promise<RotateOutcome | null> {
    const [app, token, { move }] = args;
    if (move?.cap) await this.bringAllOf(app, move.subject);
    return this.withOld(app, token, () => this.store.rotate(...args));
  }

  async revoke(app: string, selector: Selector, now: number, origin?: Origin): Promise<number> {
    const here = () => this.store.revoke(app, selector, now, origin);
    if (selector.by === 'token') return this.revokeByToken(app, selector, now, origin);
    let away: OldSideAway | null = null;
    let there = 0;
    try {
      if (selector.by === 'subject') there = await this.old.endSubject(app, selector.subject, selector.except);
      if (selector.by === 'app') there = await this.old.endApp(app);
      // One that was taken and is not installed yet would come afterwards, and be back.
      await this.takeover.settleTaken(app);
    } catch (error) {
      if (!(error instanceof OldSideAway)) throw error;
      away = error;
    }
    const ended = await here();
    if (selector.by === 'id' && ended === 0 && away === null) return this.revokeShown(app, selector.id, here);
    if (away !== null && !(selector.by === 'id' && ended > 0)) throw away;
    if (away !== null && selector.by === 'id') await this.takeover.keepEnded(app, selector.id);
    return there + ended;
  }

  list(app: string, query: ListQuery, now: number): Promise<Page> {
    return this.both.list(app, query, now);
  }

  count(app: string, activeSince: number, now: number) {
    return this.both.count(app, activeSince, now);
  }

  async apps(): Promise<string[]> {
    const ours = await this.store.apps();
    // Introspection looks for tokens of ours in all apps: that needs no old side. Who counts them hears of it anyway.
    const theirs = await this.lists.apps().catch(asAnswer);
    return theirs instanceof OldSideAway ? ours : [...new Set([...ours, ...theirs])].sort();
  }

  memo(app: string, name: string, memo: Memo, now: number): Promise<string | null> {
    return this.store.memo(app, name, memo, now);
  }

  async lock(app: string, token: TokenRef, claim: LockClaim, now: number): Promise<LockOutcome | null> {
    if (this.isOurs(app, token)) return this.store.lock(app, token, claim, now);
    const old = await this.bring(app, token);
    // A token that opens nothing has a lock, too: so it must be known that it opens nothing.
    if (claim.begins && old instanceof OldSideAway && (await this.store.get(app, token, 'look', now)) === null)
      throw old;
    const outcome = await this.store.lock(app, token, claim, now);
    this.learn(app, token, old, outcome !== null);
    return outcome;
  }

  unlock(app: string, token: TokenRef, hash: string, now: number): Promise<void> {
    return this.store.unlock(app, token, hash, now);
  }

  /** Only what is here. */
  records(app: string, cursor: string | null, limit: number, now: number): Promise<RecordsPage> {
    return this.store.records(app, cursor, limit, now);
  }

  install(record: StoredSession, replace: Replace, now: number): Promise<Installed> {
    return this.store.install(record, replace, now);
  }

  sweep(now: number, limit: number): Promise<number> {
    return this.store.sweep(now, limit);
  }

  ping(): Promise<void> {
    return this.store.ping();
  }

  close(): Promise<void> {
    return this.store.close();
  }

  private isOurs(app: string, token: TokenRef): boolean {
    return foreignTokenOf(token) === null || this.ours.has(nameOf(app, token));
  }

  /** Does a verb after the session of its token has come over. Absence: null, when the token opens nothing on either side. */
  private async withOld<T>(app: string, token: TokenRef, verb: () => Promise<T | null>): Promise<T | null> {
    if (this.isOurs(app, token)) return verb();
    const old = await this.bring(app, token);
    const answer = await verb();
    this.learn(app, token, old, answer !== null);
    return answer;
  }

  /** What the old side has of a token; that it does not answer is an answer here. Errors: what the store says. */
  private bring(app: string, token: TokenRef): Promise<'none' | 'here' | OldSideAway> {
    return this.takeover.bring(app, foreignTokenOf(token)!).catch(asAnswer);
  }

  /** Takes note of what became of a token. Errors: OldSideAway, when it opens nothing here and the old side was not heard. */
  private learn(app: string, token: TokenRef, old: 'none' | 'here' | OldSideAway | null, opens: boolean): void {
    if (opens && old === 'none') this.ours.add(nameOf(app, token));
    if (!opens && old instanceof OldSideAway) throw old;
  }

  /** Brings a subject's sessions, so that its cap counts them. While the old side is away they do not count. */
  private async bringAllOf(app: string, subject: string | null): Promise<void> {
    if (subject === null) return;
    const bringing = async () => this.takeover.bringAll(app, await this.old.tokensOf(app, subject));
    await bringing().catch(asAnswer);
  }

  /** Ends the session of a token, for good also when the old side is away and has a claim of it that a crash left. */
  private async revokeByToken(
    app: string,
    selector: Extract<Selector, { by: 'token' }>,
    now: number,
    origin: Origin | undefined,
  ): Promise<number> {
    const { token } = selector;
    const here = () => this.store.revoke(app, selector, now, origin);
    if (this.isOurs(app, token)) return here();
    const old = await this.bring(app, token);
    const isAway = old instanceof OldSideAway;
    const id = isAway ? (await this.store.get(app, token, 'look', now))?.session.id : undefined;
    const ended = await here();
    if (ended > 0 && id !== undefined) await this.takeover.keepEnded(app, id);
    this.learn(app, token, old, ended > 0);
    return ended;
  }

  /** Ends a session that a list has shown, and that has not come over. */
  private async revokeShown(app: string, id: string, here: () => Promise<number>): Promise<number> {
    const member = await this.lists.memberOf(app, id);
    if (member === null) return 0;
    await this.takeover.bring(app, member.token);
    return here();
  }
}

function nameOf(app: string, token: TokenRef): string {
  return `${app}:${token.hash}`;
}

function asAnswer(error: unknown): OldSideAway {
  if (error instanceof OldSideAway) return error;
  throw error;
}
