/**
 * SessionStore on Redis or Valkey: each verb on a session or a subject is one script on one slot. Two things are not,
 * and their files say what a crash in between leaves: an alias (aliases.ts), and the move to another subject (move.ts).
 * App-wide verbs go through the partitions (fan-out.ts, pages.ts). It holds nothing in the process but connections.
 */
import { ServiceError } from '../../core/errors.ts';
import type { Credential, Session } from '../../core/session.ts';
import type {
  Cap,
  Change,
  Count,
  CreateOutcome,
  ListQuery,
  Memo,
  Page,
  RotateOutcome,
  Rotation,
  Selector,
  SessionStore,
  StoreEvents,
  Touch,
  UpdateOutcome,
  Visit,
} from '../../core/store.ts';
import { partitionOf, type TokenRef } from '../../core/token.ts';
import { begunAt } from '../../core/transitions.ts';
import type { Finding } from '../finding.ts';
import { readAddress } from './address.ts';
import { Aliases, type Lead, type Opens } from './aliases.ts';
import { Batching } from './batching.ts';
import type { TlsFiles } from './connection.ts';
import type { Ending } from './ending.ts';
import { examine } from './examination.ts';
import { FanOut } from './fan-out.ts';
import { Keys } from './keys.ts';
import { keepToken, move } from './move.ts';
import { Pages } from './pages.ts';
import { Quotas } from './quotas.ts';
import { packData, packMembers, packRecord, packText, unpackListed, unpackVisit } from './record.ts';
import { Renewals } from './renewals.ts';
import { ScriptCalls } from './script-calls.ts';

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

const TAKEN = { kind: 'taken' } as const;
const FULL = { kind: 'full' } as const;
/** Sessions of one subject that end in one step. */
const STEP = 250;

export class RedisStore implements SessionStore {
  /** The URL without user and password. */
  readonly location: string;
  private readonly calls: ScriptCalls;
  private readonly replicas: number;
  private readonly keys: Keys;
  private readonly batching: Batching;
  readonly aliases: Aliases;
  /** For move.ts, too. */
  readonly renewals: Renewals;
  private readonly fanOut: FanOut;
  private readonly pages: Pages;
  /** For move.ts, too. */
  readonly quotas: Quotas;

  /** Errors: a URL that is none of Redis. */
  constructor({ url, namespace, tls = {}, replicas = 0, clock = 'redis', ...rest }: RedisOptions) {
    const { onTokenReuse } = rest;
    const address = readAddress(url);
    if (address === null) throw new Error('not a URL of Redis');
    this.location = address.safe;
    this.replicas = replicas;
    this.calls = new ScriptCalls({ ...rest, address, tls, replicas, clock });
    this.keys = new Keys(namespace);
    this.batching = new Batching(this.calls, this.keys, onTokenReuse);
    this.aliases = new Aliases(this.calls, this.keys);
    this.renewals = new Renewals(this.calls, this.keys, this);
    this.fanOut = new FanOut(this.calls, this.keys, this.aliases);
    this.pages = new Pages(this.fanOut, this.calls, this.keys);
    this.quotas = new Quotas(this.calls, this.keys, this.fanOut);
  }

  /** Tells whether Redis can be used, now or within the time budget: it may come later. */
  ready(): Promise<boolean> {
    return this.calls.ready();
  }

  /** Why Redis cannot be used now, in a sentence. Absence: null when there is a connection. */
  get trouble(): Error | null {
    return this.calls.trouble;
  }

  create(session: Session, credential: Credential, cap: Cap | null, now: number, quota: number | null = null) {
    const add = (instead: boolean) => this.add(session, credential, cap, now, { base: now, claimed: false, instead });
    return quota === null ? add(false) : this.quotas.create(session, quota, cap, now, add);
  }

  /**
   * Adds a session. `base`: the instant of the caller's clock that its instants are relative to; null: they are Redis'.
   * `claimed`: nobody else can have the alias of its token. `instead`: only if its cap ends another one. For move.ts, too.
   */
  async add(
    session: Session,
    credential: Credential,
    cap: Cap | null,
    now: number,
    { base, claimed, instead = false }: { base: number | null; claimed: boolean; instead?: boolean },
  ): Promise<CreateOutcome> {
    const { app, id } = session;
    await this.fanOut.enter(app);
    // An alias is kept by Redis' clock: by one that is wrong it could end before its session.
    const begun = base === null ? session : begunAt(session, this.calls.instantAt(now));
    const claim = credential.alias && !claimed ? await this.claim(begun, credential.hash, begun.lastSeenAt) : 'own';
    if (claim === 'taken') return TAKEN;
    const record = packRecord(session, credential);
    const args = [base ?? '', id, record, packData(session.data), cap?.max ?? '', cap?.onLimit ?? '', Number(instead)];
    const answer = (await this.calls.callDurably('create', this.keys.ofSession(app, id), now, args))!;
    const [at, kind, list, ended, first] = answer as [number, Buffer, Buffer[], Buffer[], number];
    if (String(kind) !== 'created') {
      if (claim === 'new') await this.aliases.withdraw(app, credential.hash, begun, now, this.opensAt(app, now));
      if (String(kind) === 'taken') return TAKEN;
      if (String(kind) === 'full') return FULL;
      const sessions = list.map((text) => unpackListed(text, app, at).session);
      return { kind: 'refused', at, sessions };
    }
    if (first === 1) await this.fanOut.enterAgain(app);
    await this.aliases.release(app, ended);
    if (claim === 'new' && !(await this.aliases.settled(app, credential.hash, begun, begun.lastSeenAt))) {
      await this.end(app, id, '', '', now);
      return TAKEN;
    }
    return { kind: 'created', at, revoked: list.map(String) };
  }

  async get(app: string, token: TokenRef, touch: Touch, now: number): Promise<Visit | null> {
    // Nearly every token says where its session is, and there it is.
    const { id, hash } = token;
    const visit = id === null ? null : await this.batching.read(app, id, hash, touch, now);
    return visit ?? this.getElsewhere(app, token, touch, now);
  }

  private getElsewhere(app: string, token: TokenRef, touch: Touch, now: number): Promise<Visit | null> {
    return this.aliases.onward(app, token, token.id, async (lead) => {
      const visit = await this.batching.read(app, lead.id, token.hash, touch, now);
      if (visit !== null && touch !== 'look') {
        await this.aliases.extend(app, token.hash, lead, visit, this.opensAt(app, now));
      }
      return visit;
    });
  }

  getMany(app: string, tokens: readonly TokenRef[], touch: Touch, now: number): Promise<(Visit | null)[]> {
    return Promise.all(tokens.map((token) => this.get(app, token, touch, now)));
  }

  async find(app: string, id: string, now: number): Promise<Visit | null> {
    const [visit] = await this.fanOut.find(app, [id], now);
    if (visit instanceof ServiceError) throw visit;
    return visit ?? null;
  }

  /** Reads the session that a lead of a token names. For move.ts. */
  look(app: string, { id }: Lead, hash: string, now: number): Promise<Visit | null> {
    return this.batching.read(app, id, hash, 'look', now);
  }

  update(app: string, token: TokenRef, change: Change, now: number): Promise<UpdateOutcome | null> {
    const { expect, version, move: target } = change;
    const members = packMembers(change);
    return this.aliases.follow(app, token, async (lead): Promise<UpdateOutcome | null> => {
      if (target !== undefined) return keepToken(this, app, token, lead, { ...change, move: target }, now);
      const args = [lead.id, token.hash, expect, version, ...members];
      const answer = await this.calls.call('update', this.keys.ofSession(app, lead.id), now, args);
      if (answer === null) return null;
      const [at, updated, text] = answer as [number, number, Buffer];
      const visit = unpackVisit(text, app, lead.id, at);
      if (updated === 0) return { kind: 'conflict', ...visit };
      await this.aliases.extend(app, token.hash, lead, visit, this.opensAt(app, now));
      return { kind: 'updated', ...visit, revoked: [] };
    });
  }

  rotate(app: string, token: TokenRef, rotation: Rotation, now: number): Promise<RotateOutcome | null> {
    const { move: target } = rotation;
    return this.aliases.follow(app, token, (lead) =>
      target === undefined
        ? this.renewals.renew(app, token, lead, rotation, now)
        : move(this, app, token, lead, { ...rotation, move: target }, now),
    );
  }

  async revoke(app: string, selector: Selector, now: number): Promise<number> {
    switch (selector.by) {
      case 'app':
        return this.fanOut.revokeApp(app, now);
      case 'subject':
        return this.revokeSubject(app, selector.subject, selector.except ?? '', now);
      case 'id':
        return (await this.end(app, selector.id, '', selector.version ?? '', now)).ended;
      case 'token': {
        const { token, version = '' } = selector;
        const ended = await this.aliases.follow(app, token, async ({ id }) => {
          const ending = await this.end(app, id, token.hash, version, now);
          return ending.ended === 0 && !ending.lives ? null : ending.ended;
        });
        return ended ?? 0;
      }
    }
  }

  /** Ends one session; with a version, only at that one; `present`: by no token that was replaced. For move.ts, too. */
  async end(
    app: string,
    id: string,
    hash: string,
    version: number | '',
    now: number,
    present = false,
  ): Promise<Ending> {
    const args = [id, hash, version, Number(present)];
    const answer = await this.calls.callDurably('revoke', this.keys.ofSession(app, id), now, args);
    const [, ended, aliases, lives] = answer as [number, number, Buffer[], number];
    await this.aliases.release(app, aliases);
    return { ended, lives: lives === 1 };
  }

  /**
   * Ends a session that was copied, at that version, and leaves word where it is now. Its token must be one that no rotation
   * replaced. `keeps`: it goes on to open it. For move.ts.
   */
  async vacate(
    app: string,
    id: string,
    hash: string,
    version: number,
    now: number,
    to: { readonly id: string; readonly ttl: string; readonly keeps: boolean },
  ): Promise<Ending> {
    const keys = [...this.keys.ofSession(app, id), this.keys.moved(app, id)];
    const args = [id, hash, version, to.id, to.ttl];
    const answer = await this.calls.callDurably('vacate', keys, now, args);
    const [, ended, aliases, lives] = answer as [number, number, Buffer[], number];
    const texts = aliases.map(String);
    await this.aliases.release(
      app,
      texts.filter((_, i) => !to.keeps || texts[i - (i % 2)] !== hash),
    );
    return { ended, lives: lives === 1 };
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
    return answer[1] === 1 ? null : String(answer[2]);
  }

  sweep(now: number, limit: number): Promise<number> {
    return this.fanOut.sweep(now, limit);
  }

  /** Resolves once a script that writes was run: a full or read-only Redis is not ready. */
  async ping(): Promise<void> {
    await this.calls.callTimeless('probe', [this.keys.probe], []);
  }

  /** Gives what about its servers may cost sessions. Errors: `store_unavailable`, when one cannot be asked. */
  settings(): Promise<Finding[]> {
    return examine(this.calls, this.replicas);
  }

  async close(): Promise<void> {
    this.calls.close();
  }

  private async revokeSubject(app: string, subject: string, except: string, now: number): Promise<number> {
    const keys = this.keys.partition(app, partitionOf(subject));
    let revoked = 0;
    let left = Number.POSITIVE_INFINITY;
    while (left > 0) {
      const answer = await this.calls.callDurably('revoke-subject', keys, now, [packText(subject), except, STEP]);
      const [, live, aliases, remaining, ended] = answer as [number, number, Buffer[], number, number];
      revoked += live;
      // What was there when the first step ran, and no chase after what is created meanwhile: the oldest come first.
      left = Math.min(left - ended, remaining);
      await this.aliases.release(app, aliases);
    }
    return revoked;
  }

  /** Lets the alias of a token lead to a session. For renewals.ts, too. */
  claim(session: Session, hash: string, now: number): Promise<'new' | 'own' | 'taken'> {
    const { app } = session;
    // Also where it moved on: its alias may be about to follow.
    const opens = async (id: string, held: string) => (await this.get(app, { id, hash: held }, 'look', now)) !== null;
    return this.aliases.claim(app, hash, session, now, opens);
  }

  /** Tells whether a session lives at an id, and by a hash. For move.ts, too. */
  opensAt(app: string, now: number): Opens {
    return async (id, hash) => (await this.batching.read(app, id, hash, 'look', now)) !== null;
  }
}
