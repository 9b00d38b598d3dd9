/**
 * SessionStore on Redis or Valkey: each verb on a session or a subject is one script on one slot. Two things are not,
 * and their files say what a crash in between leaves: an alias (claims.ts), and the move to another subject (move.ts).
 * App-wide verbs go through the partitions (fan-out.ts, pages.ts). It holds nothing in the process but connections.
 */
import { ServiceError } from '../../core/errors.ts';
import { NOBODY, type Origin } from '../../core/events.ts';
import type { Credential, Session } from '../../core/session.ts';
import type {
  Cap,
  Change,
  Count,
  ListQuery,
  LockClaim,
  LockOutcome,
  LockRef,
  Memo,
  Page,
  RotateOutcome,
  Rotation,
  Selector,
  SessionStore,
  Touch,
  UpdateOutcome,
  Visit,
} from '../../core/store.ts';
import type { StoreEvents } from '../../core/store-events.ts';
import type { Installed, RecordsPage, Replace, StoredSession } from '../../core/stored-session.ts';
import type { TokenRef } from '../../core/token.ts';
import type { Finding } from '../finding.ts';
import type { EngineStatistics } from '../statistics.ts';
import { readAddress } from './address.ts';
import { Aliases, type AliasOf, type Lead } from './aliases.ts';
import { parts } from './answers.ts';
import { Batching } from './batching.ts';
import { Claims } from './claims.ts';
import type { TlsFiles } from './connection.ts';
import { Endings } from './endings.ts';
import { examine } from './examination.ts';
import { FanOut } from './fan-out.ts';
import { Format } from './format.ts';
import { Installs } from './installs.ts';
import { RedisJournal } from './journal.ts';
import { Keys } from './keys.ts';
import { Locks } from './locks.ts';
import { identityOfMasters } from './masters-info.ts';
import { memoryOf } from './memory.ts';
import { Moves } from './move.ts';
import { Outboxes } from './outboxes.ts';
import { Pages } from './pages.ts';
import { Quotas } from './quotas.ts';
import { Records } from './records.ts';
import { Renewals } from './renewals.ts';
import { ScriptCalls } from './script-calls.ts';
import { Steps } from './steps.ts';
import { Telling } from './telling.ts';

export interface RedisOptions extends StoreEvents {
  readonly url: string;
  readonly namespace: string;
  /** Units: milliseconds. */
  readonly timeout: number;
  readonly tls?: TlsFiles;
  /** Replicas that must have a create, rotate or revoke before it is answered. */
  readonly replicas?: number;
  /** Who decides what time it is; `argument` is for tests. */
  readonly clock?: 'redis' | 'argument';
}

export class RedisStore implements SessionStore {
  /** The URL without user and password. */
  readonly location: string;
  private readonly calls: ScriptCalls;
  private readonly db: number;
  private readonly replicas: number;
  private readonly keys: Keys;
  private readonly batching: Batching;
  private readonly aliases: Aliases;
  private readonly claims: Claims;
  private readonly fanOut: FanOut;
  private readonly locks: Locks;
  private readonly endings: Endings;
  private readonly steps: Steps;
  private readonly renewals: Renewals;
  private readonly moves: Moves;
  private readonly pages: Pages;
  private readonly quotas: Quotas;
  private readonly whole: Records;
  private readonly installs: Installs;
  readonly format: Format;
  readonly journal: RedisJournal;
  private readonly telling: Telling;
  /** Absence: null on one server. */
  private readonly outboxes: Outboxes | null;

  /** Errors: a URL that is none of Redis. */
  constructor({ url, namespace, tls = {}, replicas = 0, clock = 'redis', ...rest }: RedisOptions) {
    const { onTokenReuse, onExpired, onBatch, journal: rules = () => null } = rest;
    const address = readAddress(url);
    if (address === null) throw new Error('not a URL of Redis');
    this.location = address.safe;
    this.db = address.db;
    this.replicas = replicas;
    this.calls = new ScriptCalls({ ...rest, address, tls, replicas, clock });
    this.keys = new Keys(namespace);
    this.batching = new Batching(this.calls, this.keys, { onTokenReuse, onBatch });
    this.aliases = new Aliases(this.calls, this.keys);
    this.claims = new Claims(this.aliases, this.batching, this.calls.timeout);
    this.telling = new Telling(this.calls, this.keys, rules, (app, partitions) => {
      if (this.outboxes === null) this.journal.told(app);
      else this.outboxes.mark(app, partitions);
    });
    this.fanOut = new FanOut(this.calls, this.keys, this.aliases, this.telling, onExpired);
    this.endings = new Endings(this.calls, this.keys, this.aliases, this.claims, this.fanOut, this.telling);
    this.pages = new Pages(this.fanOut, this.calls, this.keys);
    this.quotas = new Quotas(this.calls, this.keys, this.fanOut);
    this.locks = new Locks(this.calls, this.keys, this.aliases, this.batching);
    const { calls, keys, batching, aliases, claims, fanOut, locks, telling } = this;
    const ground = { calls, keys, batching, aliases, claims, fanOut, locks, telling };
    const onMoved = (app: string) => this.journal.told(app);
    this.outboxes = calls.anySlot ? null : new Outboxes(calls, keys, fanOut, onMoved);
    this.journal = new RedisJournal(calls, keys, fanOut, telling, this.outboxes);
    this.steps = new Steps(ground);
    this.renewals = new Renewals(ground, this.steps);
    this.moves = new Moves(ground, this.steps, this.renewals, this.quotas);
    this.whole = new Records(calls, keys, aliases);
    this.installs = new Installs(ground, this.steps, this.quotas);
    this.format = new Format(calls, keys, this.location, namespace);
  }

  /** Tells whether Redis can be used, now or within the time budget: it may come later. */
  ready(): Promise<boolean> {
    return this.calls.ready();
  }

  /** Why Redis cannot be used now, in a sentence. Absence: null when there is a connection. */
  get trouble(): Error | null {
    return this.calls.trouble;
  }

  create(
    session: Session,
    credential: Credential,
    cap: Cap | null,
    now: number,
    quota: number | null = null,
    lock?: LockRef,
    origin?: Origin,
  ) {
    const more = { base: now, lock, about: { origin } };
    const add = (instead: boolean) => this.steps.add(session, credential, cap, now, { ...more, instead });
    const comesFirst = lock !== undefined || (cap !== null && session.subject !== null);
    return quota === null ? add(false) : this.quotas.create(session, quota, comesFirst, now, add);
  }

  get(app: string, token: TokenRef, touch: Touch, now: number): Promise<Visit | null> {
    const { id, hash, isLookedFor } = token;
    return new Promise((done, failed) => {
      const found = (visit: Visit | null) => {
        if (visit !== null) done(visit);
        else this.getElsewhere(app, token, touch, now).then(done, failed);
      };
      // Nearly every token says where its session is, and there it is.
      if (id === null) found(null);
      else this.batching.add({ app, id, hash, touch, now, asker: { found, failed }, nth: 0, isLookedFor });
    });
  }

  /** What a verb answers whose token opens another session than it was meant for. Absence: null, when it opens none there. */
  private async notMeant(app: string, token: TokenRef, { id }: Lead, now: number) {
    const present = await this.steps.look(app, id, token.hash, now);
    return present && ({ kind: 'conflict', ...present } as const);
  }

  private getElsewhere(app: string, token: TokenRef, touch: Touch, now: number): Promise<Visit | null> {
    return this.aliases.onward(app, token, token.id, async (lead) => {
      const visit = await this.batching.read(app, lead.id, token.hash, touch, now, token.isLookedFor);
      if (visit !== null && touch !== 'look') await this.claims.extend(aliasOf(visit, token), lead);
      return visit;
    });
  }

  getMany(app: string, tokens: readonly TokenRef[], touch: Touch, now: number): Promise<(Visit | null)[]> {
    if (tokens.length === 0) return Promise.resolve([]);
    // One promise and one asker for all: what is made for each of hundreds of tokens, the garbage collector has to copy.
    return new Promise((done, failed) => {
      const visits: (Visit | null)[] = new Array(tokens.length).fill(null);
      let left = tokens.length;
      const settle = (visit: Visit | null, nth: number) => {
        visits[nth] = visit;
        if (--left === 0) done(visits);
      };
      const found = (visit: Visit | null, nth: number) => {
        if (visit !== null) settle(visit, nth);
        else this.getElsewhere(app, tokens[nth]!, touch, now).then((elsewhere) => settle(elsewhere, nth), failed);
      };
      const asker = { found, failed };
      for (let nth = 0; nth < tokens.length; nth++) {
        const { id, hash } = tokens[nth]!;
        if (id === null) found(null, nth);
        else this.batching.add({ app, id, hash, touch, now, asker, nth });
      }
    });
  }

  async find(app: string, id: string, now: number): Promise<Visit | null> {
    const [visit] = await this.fanOut.find(app, [id], now);
    if (visit instanceof ServiceError) throw visit;
    return visit ?? null;
  }

  update(
    app: string,
    token: TokenRef,
    change: Change,
    now: number,
    origin: Origin = NOBODY,
  ): Promise<UpdateOutcome | null> {
    const { of, move: target, lock } = change;
    return this.aliases.follow(app, token, async (lead): Promise<UpdateOutcome | null> => {
      if (of !== undefined && lead.id !== of) return this.notMeant(app, token, lead, now);
      if (lock !== undefined) await this.locks.gather(app, token, lead.id, now);
      if (target !== undefined)
        return this.moves.keepingToken(app, token, lead, { ...change, move: target }, now, origin);
      return this.renewals.change(app, token, lead, change, now, origin);
    });
  }

  rotate(
    app: string,
    token: TokenRef,
    rotation: Rotation,
    now: number,
    origin: Origin = NOBODY,
  ): Promise<RotateOutcome | null> {
    const { of, move: target, lock } = rotation;
    return this.aliases.follow(app, token, async (lead) => {
      if (of !== undefined && lead.id !== of) return this.notMeant(app, token, lead, now);
      if (lock !== undefined) await this.locks.gather(app, token, lead.id, now);
      return target === undefined
        ? this.renewals.renew(app, token, lead, rotation, now, origin)
        : this.moves.withNewToken(app, token, lead, { ...rotation, move: target }, now, origin);
    });
  }

  async revoke(app: string, selector: Selector, now: number, origin: Origin = NOBODY): Promise<number> {
    switch (selector.by) {
      case 'app':
        return this.endings.revokeApp(app, now, origin);
      case 'subject':
        return this.endings.revokeSubject(app, selector.subject, selector.except ?? '', now, origin);
      case 'id':
        return (await this.steps.end(app, { ...selector, about: { reason: 'revoked', origin } }, now)).ended;
      case 'token': {
        const { token, ...only } = selector;
        const ended = await this.aliases.follow(app, token, async ({ id }) => {
          if (only.lock !== undefined) await this.locks.gather(app, token, id, now);
          const about = { reason: 'logout', origin } as const;
          const ending = await this.steps.end(app, { ...only, id, hash: token.hash, shown: token, about }, now);
          return ending.ended === 0 && !ending.lives ? null : ending.ended;
        });
        return ended ?? 0;
      }
    }
  }

  list(app: string, query: ListQuery, now: number): Promise<Page> {
    const { subject } = query;
    return subject === undefined ? this.pages.list(app, query, now) : this.pages.ofSubject(app, subject, query, now);
  }

  count(app: string, activeSince: number, now: number): Promise<Count> {
    return this.fanOut.count(app, activeSince, now);
  }

  apps(): Promise<string[]> {
    return this.fanOut.apps();
  }

  async memo(app: string, name: string, { text, instead, until }: Memo, now: number): Promise<string | null> {
    const args = [now, text, instead === null ? '' : `=${instead}`, until];
    const answer = (await this.calls.call('memo', [this.keys.memo(app, name)], now, args))!;
    const [, isKept] = parts(answer, 'number', 'number');
    return isKept === 1 ? null : parts(answer, 'number', 'number', 'text')[2];
  }

  lock(app: string, token: TokenRef, claim: LockClaim, now: number): Promise<LockOutcome | null> {
    return this.locks.claim(app, token, claim, now);
  }

  unlock(app: string, token: TokenRef, hash: string, now: number): Promise<void> {
    return this.locks.end(app, token, hash, now);
  }

  records(app: string, cursor: string | null, limit: number, now: number): Promise<RecordsPage> {
    return this.whole.part(app, cursor, limit, now);
  }

  install(record: StoredSession, replace: Replace, now: number): Promise<Installed> {
    return this.installs.install(record, replace, now);
  }

  sweep(now: number, limit: number): Promise<number> {
    return this.fanOut.sweep(now, limit);
  }

  /** Resolves once a script that writes was run: a full or read-only Redis is not ready. */
  async ping(): Promise<void> {
    await this.calls.callTimeless('probe', [this.keys.probe], []);
  }

  /** Gives what about its servers may cost sessions. Errors: `store_unavailable`, when one cannot be asked. */
  async settings(): Promise<Finding[]> {
    return [...(await examine(this.calls, this.replicas)), ...(await this.format.finding())];
  }

  /** Gives what each master says of its memory. Errors: `store_unavailable`. */
  memory(): Promise<EngineStatistics[]> {
    return memoryOf(this.calls);
  }

  /** Gives a text that is the same for every address of the same Redis and database. Errors: `store_unavailable`. */
  async place(): Promise<string> {
    const identity = await identityOfMasters(this.calls);
    return identity === null ? this.location : `${identity}/${this.db}`;
  }

  async close(): Promise<void> {
    await this.outboxes?.close();
    this.calls.close();
  }
}

/** The alias by which a session was found, as things are at that instant. */
function aliasOf({ session, at }: Visit, { hash }: TokenRef): AliasOf {
  return { session, hash, now: at };
}
