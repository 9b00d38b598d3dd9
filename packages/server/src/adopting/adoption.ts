/** The adoption of a server: everything of this room, made and wired, and what the operator hears of it. */
import type { AdoptConfig } from '../config.ts';
import type { SessionStore } from '../core/store.ts';
import type { Log } from '../log/log.ts';
import { Layout } from '../moving/sources/predecessor/layout.ts';
import { readAddress } from '../stores/redis/address.ts';
import type { TlsFiles } from '../stores/redis/connection.ts';
import { Outage } from '../upkeep/outage.ts';
import { AdoptingStore } from './adopting-store.ts';
import { OldLists } from './old-lists.ts';
import { OldRedis, OldSideAway } from './old-redis.ts';
import { OldSessions } from './old-sessions.ts';
import { Takeover } from './takeover.ts';
import { watchAdoption } from './watch.ts';

export interface AdoptionOptions {
  readonly from: AdoptConfig;
  readonly tls: TlsFiles;
  /** Of one answer of the old Redis. Units: milliseconds. */
  readonly timeout: number;
  /** Our own. */
  readonly store: SessionStore;
  readonly clock: () => number;
  readonly log: Log;
}

/** How far it has come, as this process knows. */
export interface AdoptionState {
  readonly isUp: boolean;
  /** Sessions that this process took over. */
  readonly taken: number;
  /** What was counted last. Absence: null when this process does not count, or has not yet. Units: epoch milliseconds. */
  readonly left: { readonly sessions: number; readonly at: number } | null;
}

export interface Adoption {
  /** Ours, and what the old side still has. */
  readonly store: SessionStore;
  /** Why the old side cannot be asked. Absence: null when it can. */
  readonly trouble: () => string | null;
  /** For the metrics. */
  readonly state: () => AdoptionState;
  /** Takes note of a failure that somebody was answered with. Gives whether it is of the old side. */
  readonly isFault: (error: unknown) => boolean;
  /** Does what one process does for all (watch.ts). Gives a function that stops it. */
  readonly lead: () => () => Promise<void>;
  readonly close: () => void;
}

/** Opens it. The old side may be away: the server starts, and asks it once it is there. */
export async function openAdoption({ from, tls, timeout, store, clock, log }: AdoptionOptions): Promise<Adoption> {
  const where = { adopt: from.shown };
  const outage = new Outage({
    probe: () => old.ping(),
    onBegin: (news) =>
      log.error(
        { ...where, ...news },
        'the Redis of RS_ADOPT does not answer: tokens that open nothing here are answered 503 until it does',
      ),
    onLasting: (news) => log.error({ ...where, ...news }, 'the Redis of RS_ADOPT still does not answer'),
    onOver: (news) => log.info({ ...where, ...news }, 'the Redis of RS_ADOPT answers again'),
  });
  const failed = (error: unknown, request: boolean) => {
    if (error instanceof OldSideAway) outage.failed(error, { request });
    return error instanceof OldSideAway;
  };
  const onError = (err: unknown) => {
    if (!failed(err, false)) log.error({ ...where, err }, 'a session could not be taken over; it is tried again');
  };
  const layout = new Layout(from.namespace);
  const old = new OldRedis({ address: readAddress(from.url)!, layout, tls, timeout, onError });
  let taken = 0;
  let left: AdoptionState['left'] = null;
  const takeover = new Takeover({
    ...{ old, store, clock },
    onTaken: () => taken++,
    onLeft: (reason, example) =>
      log.warn(
        { ...where, reason, example },
        'a session of redis-sessions cannot be taken over, and stays where it is',
      ),
  });
  const sessions = new OldSessions(old, clock);
  const lists = new OldLists(old, sessions, clock);
  if (!(await old.ready())) onError(new OldSideAway(old.trouble));
  const lead = () =>
    watchAdoption({
      ...{ old, takeover, lists, clock, onError },
      onLeft: (count) => {
        left = { sessions: count, at: clock() };
      },
      onOver: () =>
        log.info(
          where,
          'no session is left at the Redis of RS_ADOPT: once nothing writes there any more, RS_ADOPT can go',
        ),
      // Who leaves the namespace out, or has it wrong, must not be told that all have come over.
      onNone: () =>
        log.warn(
          where,
          'there is no session at the Redis of RS_ADOPT in this namespace: either all have come over, or they are in another one (?namespace=NAME)',
        ),
    });
  return {
    store: new AdoptingStore({ store, takeover, sessions, lists }),
    trouble: () => outage.why,
    state: () => ({ isUp: outage.why === null, taken, left }),
    isFault: (error) => failed(error, true),
    lead,
    close: () => {
      outage.close();
      old.close();
    },
  };
}
