/**
 * SessionStore on Redis or Valkey: each verb on a session or a subject is one script on one slot. Two things are not,
 * and their files say what a crash in between leaves: an alias (aliases.ts), and the move to another subject (move.ts).
 * App-wide verbs go through the partitions (fan-out.ts, pages.ts). It holds nothing in the process but connections.
 */
import { pageOf } from '../../core/cursor.ts';
import type { Credential, Session } from '../../core/session.ts';
import type {
  Cap,
  Change,
  Count,
  CreateOutcome,
  ListQuery,
  Page,
  RotateOutcome,
  Rotation,
  Selector,
  SessionStore,
  UpdateOutcome,
  Visit,
} from '../../core/store.ts';
import { ID_LENGTH, partitionOf, type TokenRef } from '../../core/token.ts';
import type { Finding } from '../finding.ts';
import { readAddress } from './address.ts';
import { Aliases } from './aliases.ts';
import { Batching } from './batching.ts';
import type { TlsFiles } from './connection.ts';
import { examine } from './examination.ts';
import { FanOut } from './fan-out.ts';
import { Keys } from './keys.ts';
import { move } from './move.ts';
import { Pages } from './pages.ts';
import { packData, packRecord, packText, unpackVisit } from './record.ts';
import { ScriptCalls } from './script-calls.ts';

export interface RedisOptions {
  readonly url: string;
  readonly namespace: string;
  /** Units: milliseconds. */
  readonly timeout: number;
  readonly tls?: TlsFiles;
  /** Replicas that must have a create, rotate or revoke before it is answered. */
  readonly replicas?: number;
  /** Who decides what time it is; `argument` is for tests. */
  readonly clock?: 'redis' | 'argument';
  /** Told of failures that no request waits for. */
  readonly onError: (error: unknown) => void;
}

const TAKEN = { kind: 'taken' } as const;
/** Sessions of one subject that end in one step. */
const STEP = 500;

export class RedisStore implements SessionStore {
  /** The URL without user and password. */
  readonly location: string;
  private readonly calls: ScriptCalls;
  private readonly replicas: number;
  private readonly keys: Keys;
  private readonly batching: Batching;
  private readonly aliases: Aliases;
  private readonly fanOut: FanOut;
  private readonly pages: Pages;

  /** Errors: a URL that is none of Redis. */
  constructor({ url, namespace, tls = {}, replicas = 0, clock = 'redis', ...rest }: RedisOptions) {
    const address = readAddress(url);
    if (address === null) throw new Error('not a URL of Redis');
    this.location = address.safe;
    this.replicas = replicas;
    this.calls = new ScriptCalls({ ...rest, address, tls, replicas, clock });
    this.keys = new Keys(namespace);
    this.batching = new Batching(this.calls, this.keys);
    this.aliases = new Aliases(this.calls, this.keys);
    this.fanOut = new FanOut(this.calls, this.keys, this.aliases);
    this.pages = new Pages(this.fanOut, this.calls, this.keys);
  }

  /** Resolves when Redis can be reached, or when the time budget is over: it may come later. */
  ready(): Promise<void> {
    return this.calls.ready();
  }

  create(session: Session, credential: Credential, cap: Cap | null, now: number): Promise<CreateOutcome> {
    return this.add(session, credential, cap, now, now);
  }

  /** Adds a session. `base`: the instant of the caller's clock that its instants are relative to; null: they are Redis'. */
  async add(session: Session, credential: Credential, cap: Cap | null, now: number, base: number | null) {
    const { app, id } = session;
    await this.fanOut.enter(app);
    if (credential.alias && !(await this.claim(session, credential.hash, now))) return TAKEN;
    const args = [
      base ?? '',
      id,
      packRecord(session, credential),
      packData(session.data),
      cap?.max ?? '',
      cap?.onLimit ?? '',
    ];
    const answer = (await this.calls.callDurably('create', this.keys.ofSession(app, id), now, args))!;
    const [at, kind, list, ended, first] = answer as [number, Buffer, Buffer[], Buffer[], number];
    if (String(kind) !== 'created') {
      if (credential.alias) await this.aliases.release(app, [credential.hash, id]);
      if (String(kind) === 'taken') return TAKEN;
      const sessions = list.map((text) => fromText(text, app, at).session);
      return { kind: 'refused', at, sessions } as const;
    }
    if (first === 1) await this.fanOut.enterAgain(app);
    await this.aliases.release(app, ended);
    return { kind: 'created', at, revoked: list.map(String) } as const;
  }

  async get(app: string, token: TokenRef, touch: boolean, now: number): Promise<Visit | null> {
    if (token.id !== null) return this.batching.read(app, token.id, token.hash, touch, now);
    const lead = await this.aliases.resolve(app, token);
    const visit = lead && (await this.batching.read(app, lead.id, token.hash, touch, now));
    if (visit !== null && touch) await this.aliases.extend(app, token.hash, lead!, visit);
    return visit;
  }

  getMany(app: string, tokens: readonly TokenRef[], touch: boolean, now: number): Promise<(Visit | null)[]> {
    return Promise.all(tokens.map((token) => this.get(app, token, touch, now)));
  }

  async find(app: string, id: string, now: number): Promise<Visit | null> {
    const [visit] = await this.fanOut.find(app, [id], now);
    return visit ?? null;
  }

  async update(app: string, token: TokenRef, change: Change, now: number): Promise<UpdateOutcome | null> {
    const lead = await this.aliases.resolve(app, token);
    if (lead === null) return null;
    const { expect, version, data, ip, userAgent, label, idleTimeout } = change;
    const optional = (text: string | undefined) => (text === undefined ? '' : `=${text}`);
    const args = [lead.id, token.hash, expect, version, optional(data && packData(data))];
    for (const text of [ip, userAgent, label]) args.push(optional(text === undefined ? text : packText(text)));
    args.push(optional(idleTimeout === null ? 'none' : idleTimeout?.toString()));
    const answer = await this.calls.call('update', this.keys.ofSession(app, lead.id), now, args);
    if (answer === null) return null;
    const [at, updated, text] = answer as [number, number, Buffer];
    const visit = unpackVisit(text, app, lead.id, at);
    if (updated === 1) await this.aliases.extend(app, token.hash, lead, visit);
    return { kind: updated === 1 ? 'updated' : 'conflict', ...visit };
  }

  async rotate(app: string, token: TokenRef, rotation: Rotation, now: number): Promise<RotateOutcome | null> {
    if (rotation.move !== undefined) return move(this, app, token, { ...rotation, move: rotation.move }, now);
    const lead = await this.aliases.resolve(app, token);
    const before = lead && (await this.batching.read(app, lead.id, token.hash, false, now));
    if (lead === null || before === null) return null;
    const { hash, alias } = rotation.credential;
    if (alias && !(await this.claim(before.session, hash, now))) return { kind: 'taken' };
    const [sessions, data] = this.keys.ofSession(app, lead.id) as [string, string];
    const args = [lead.id, token.hash, hash, Number(alias), rotation.graceUntil - now];
    const answer = await this.calls.callDurably('rotate', [sessions, data], now, args);
    if (answer === null) {
      if (alias) await this.aliases.release(app, [hash, lead.id]);
      return null;
    }
    const [at, text, ended] = answer as [number, Buffer, Buffer[]];
    await this.aliases.release(app, ended);
    return { kind: 'rotated', ...unpackVisit(text, app, lead.id, at) };
  }

  async revoke(app: string, selector: Selector, now: number): Promise<number> {
    switch (selector.by) {
      case 'app':
        return this.fanOut.revokeApp(app, now);
      case 'subject':
        return this.revokeSubject(app, selector.subject, selector.except ?? '', now);
      case 'id':
        return (await this.end(app, selector.id, '', '', now)).ended;
      case 'token': {
        const lead = await this.aliases.resolve(app, selector.token);
        return lead === null ? 0 : (await this.end(app, lead.id, selector.token.hash, '', now)).ended;
      }
    }
  }

  /** Ends one session; with a version, only at that one. `lives`: it has another version. For move.ts, too. */
  async end(app: string, id: string, hash: string, version: number | '', now: number) {
    const answer = await this.calls.callDurably('revoke', this.keys.ofSession(app, id), now, [id, hash, version]);
    const [, ended, aliases, lives] = answer as [number, number, Buffer[], number];
    await this.aliases.release(app, aliases);
    return { ended, lives: lives === 1 };
  }

  async list(app: string, query: ListQuery, now: number): Promise<Page> {
    if (query.subject === undefined) return this.pages.list(app, query, now);
    const [sessions, data, , , subjects] = this.keys.partition(app, partitionOf(query.subject)) as string[];
    const args = [packText(query.subject)];
    const answer = (await this.calls.call('of-subject', [sessions!, data!, subjects!], now, args))!;
    const [at, ...texts] = answer as [number, ...Buffer[]];
    const since = (query.activeSince ?? 0) + (query.activeSince === undefined ? 0 : at - now);
    const all = texts.map((text) => fromText(text, app, at).session);
    const active = all.filter((session) => session.lastSeenAt >= since);
    return { ...pageOf(active, query.cursor, query.limit), at };
  }

  count(app: string, activeSince: number, now: number): Promise<Count> {
    return this.fanOut.count(app, activeSince, now);
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

  private claim(session: Session, hash: string, now: number): Promise<boolean> {
    const opens = async (id: string, held: string) =>
      (await this.batching.read(session.app, id, held, false, now)) !== null;
    return this.aliases.claim(session.app, hash, session, now, opens);
  }
}

function fromText(text: Buffer, app: string, at: number): Visit {
  return unpackVisit(text.subarray(ID_LENGTH), app, text.toString('latin1', 0, ID_LENGTH), at);
}
