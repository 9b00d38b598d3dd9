/**
 * The steps that the verbs on one session are made of: each is one script, with what its answer means for aliases. A verb of
 * the store is one of them, where it is not several (move.ts, renewals.ts).
 */
import { ServiceError } from '../../core/errors.ts';
import type { Credential, Session } from '../../core/session.ts';
import type { Cap, CreateOutcome, LockRef, Visit } from '../../core/store.ts';
import { ID_LENGTH, type TokenRef } from '../../core/token.ts';
import { begunAt } from '../../core/transitions.ts';
import type { Aliases } from './aliases.ts';
import { type Pair, parts } from './answers.ts';
import type { Batching } from './batching.ts';
import type { Claims } from './claims.ts';
import type { FanOut } from './fan-out.ts';
import { packHash } from './hashes.ts';
import { type Keys, partitionOfId } from './keys.ts';
import type { Locks } from './locks.ts';
import { packData, packRecord, unpackVisit } from './record.ts';
import type { Answer, ScriptCalls } from './script-calls.ts';
import type { About, More, Telling } from './telling.ts';

/** How a session is added. `base`: the instant of the caller's clock that its instants are relative to; null: they are Redis'. */
export interface Adding {
  readonly base: number | null;
  /** Nobody else can have the alias of its token. Default: somebody may. */
  readonly claimed?: boolean;
  /** Only if its cap ends another one. Default: in any case. */
  readonly instead?: boolean;
  /** Only while that lock of the token holds. Default: in any case. */
  readonly lock?: LockRef | undefined;
  /** What is told of it. Default: that somebody has created it. */
  readonly about?: About;
}

/** Which session ends. */
export interface EndOf {
  readonly id: string;
  /** Only by that token. Default: by its id. */
  readonly hash?: string;
  /** The token, where a caller has shown it: if a rotation replaced it, that is told. */
  readonly shown?: TokenRef;
  /** Only by its present token, not by one that was replaced. */
  readonly present?: boolean;
  /** Only at that version. Default: at any. */
  readonly version?: number;
  /** Only while that lock holds. Default: in any case. */
  readonly lock?: LockRef | undefined;
  /** What is told of it. */
  readonly about: About;
}

/** How the end of one session went. `lives`: it has another version than the one it was to end at, or its lock is lost. */
export interface Ending {
  readonly ended: number;
  readonly lives: boolean;
}

/** Where a session is that was copied. `keeps`: its token goes on to open it. */
export interface Elsewhere {
  readonly id: string;
  /** How long word is left. Units: milliseconds, as text. */
  readonly ttl: string;
  readonly keeps: boolean;
}

/** What the steps stand on. */
export interface Ground {
  readonly calls: ScriptCalls;
  readonly keys: Keys;
  readonly batching: Batching;
  readonly aliases: Aliases;
  readonly claims: Claims;
  readonly fanOut: FanOut;
  readonly locks: Locks;
  readonly telling: Telling;
}

/** Why lua/revoke.lua and lua/vacate.lua ended nothing. */
const LIVES = 1;
const REUSED = 2;

const TAKEN = { kind: 'taken' } as const;
const FULL = { kind: 'full' } as const;
const LOST = { kind: 'lost' } as const;

export class Steps {
  private readonly ground: Ground;

  constructor(ground: Ground) {
    this.ground = ground;
  }

  /** Reads the session at an id, by the hash of a token. Absence: null. */
  look(app: string, id: string, hash: string, now: number): Promise<Visit | null> {
    return this.ground.batching.read(app, id, hash, 'look', now);
  }

  /** Adds a session. */
  async add(
    session: Session,
    credential: Credential,
    cap: Cap | null,
    now: number,
    { base, claimed = false, instead = false, lock, about = {} }: Adding,
  ): Promise<CreateOutcome> {
    const { calls, keys, aliases, claims, fanOut, locks, telling } = this.ground;
    const { app, id } = session;
    await fanOut.enter(app);
    // An alias is kept by Redis' clock: by one that is wrong it could end before its session.
    const begun = base === null ? session : begunAt(session, calls.instantAt(now));
    const alias = { session: begun, hash: credential.hash, now: begun.lastSeenAt };
    const since = performance.now();
    const claim = credential.alias && !claimed ? await claims.claim(alias) : 'own';
    if (claim === 'taken') return TAKEN;
    const token = { id: null, hash: credential.hash };
    // From the claim on nobody else gets the lock of the token.
    const from = keys.tokenLock(app, token.hash);
    if (lock !== undefined && !(await locks.goAhead(app, from, id, lock, now))) {
      if (claim === 'new') await claims.withdraw(alias);
      return LOST;
    }
    // The steps of the lock came between the claim and the script: another one could get the lock of the token meanwhile.
    if (claim === 'new' && lock !== undefined && !claims.isWaitedFor(since)) {
      await locks.leave(keys.lock(app, id), lock.hash, now);
      await claims.withdraw(alias);
      throw new ServiceError('store_unavailable', 'the session store took too long between two steps of a create');
    }
    const record = packRecord(session, credential);
    const args = [base ?? '', id, record, packData(session.data), cap?.max ?? '', cap?.onLimit ?? '', Number(instead)];
    const create = (more: More) =>
      calls.callDurably('create', [...keys.ofSession(app, id), ...more.keys], now, [...args, ...more.args]);
    const answer = (await telling.call(app, [partitionOfId(id)], about, create))!;
    const [at, kind] = parts(answer, 'number', 'text');
    if (kind !== 'created') {
      if (lock !== undefined) await locks.leave(keys.lock(app, id), lock.hash, now);
      if (claim === 'new') await claims.withdraw(alias);
      if (kind === 'taken') return TAKEN;
      if (kind === 'full') return FULL;
      const [, , visits] = parts(answer, 'number', 'text', 'list');
      return { kind: 'refused', at, sessions: visits.map((text) => visitIn(text, app, at).session) };
    }
    const [, , revoked, ended, isFirst] = parts(answer, 'number', 'text', 'texts', 'pairs', 'number');
    if (isFirst === 1) await fanOut.enterAgain(app);
    await aliases.release(app, ended);
    if (claim === 'new' && !(await claims.settled(alias))) {
      await this.end(app, { id, about: { reason: 'replaced', unheard: about.other !== undefined } }, now);
      return TAKEN;
    }
    if (lock !== undefined) await locks.arrived(app, token, id, lock, now);
    return { kind: 'created', at, revoked };
  }

  /** Ends one session. */
  async end(
    app: string,
    { id, hash = '', shown, version, present = false, lock, about }: EndOf,
    now: number,
  ): Promise<Ending> {
    const { batching, calls, keys, telling } = this.ground;
    const bound = locked(keys, app, id, lock);
    const args = [id, packHash(hash), version ?? '', Number(present), ...bound.args];
    const all = [...keys.ofSession(app, id), ...bound.keys];
    const revoke = (more: More) => calls.callDurably('revoke', [...all, ...more.keys], now, [...args, ...more.args]);
    const answer = (await telling.call(app, [partitionOfId(id)], about, revoke))!;
    if (answer[3] === REUSED && shown !== undefined) batching.reused(app, id, shown);
    return this.ended(app, answer, now);
  }

  /**
   * Ends a session that was copied, at that version, and leaves word where it is now. Its token must be one that no rotation
   * replaced.
   */
  async vacate(
    app: string,
    { id, hash, version, lock, about }: EndOf & Required<Pick<EndOf, 'hash' | 'version'>>,
    to: Elsewhere,
    now: number,
  ): Promise<Ending> {
    const { calls, keys, telling } = this.ground;
    const bound = locked(keys, app, id, lock);
    const args = [id, packHash(hash), version, to.id, to.ttl, ...bound.args];
    const all = [...keys.ofSession(app, id), keys.moved(app, id), ...bound.keys];
    const vacate = (more: More) => calls.callDurably('vacate', [...all, ...more.keys], now, [...args, ...more.args]);
    const answer = (await telling.call(app, [partitionOfId(id)], about, vacate))!;
    return this.ended(app, answer, now, ([aliasHash]) => !to.keeps || aliasHash !== hash);
  }

  /** Removes the aliases of what ended, all or those that are asked for. */
  private async ended(
    app: string,
    answer: Answer,
    now: number,
    isOver: (alias: Pair) => boolean = () => true,
  ): Promise<Ending> {
    const [, ended, aliases, why] = parts(answer, 'number', 'number', 'pairs', 'number');
    await this.ground.claims.release(app, aliases.filter(isOver), now);
    return { ended, lives: why === LIVES };
  }
}

/** Gives what a script takes more for a change with a lock. */
export function locked(keys: Keys, app: string, id: string, lock: LockRef | undefined) {
  return lock === undefined
    ? { keys: [], args: [] }
    : { keys: [keys.lock(app, id)], args: [lock.hash, Number(lock.release)] };
}

/** Takes apart the text of a session that scripts answer in lists: its id, and a visit. */
export function visitIn(text: Buffer, app: string, at: number): Visit {
  return unpackVisit(text.subarray(ID_LENGTH), app, text.toString('latin1', 0, ID_LENGTH), at);
}
