/**
 * Those who wait for locks, on this server. The store keeps the queue (SessionStore.lock); here is who asks it again, and when:
 * at once when a lock is released in this process, else every 20 ms, and only while somebody waits. Requests with one token ask
 * together, so it makes no difference to the store how many they are. Who does not wait any more leaves the queue
 * of the store, too: because the time is over, the client has gone, or the server stops.
 */
import { ServiceError } from './errors.ts';
import type { LockOutcome, SessionStore } from './store.ts';
import { newLock, type TokenRef } from './token.ts';

/** Runs something later, and gives what cancels that. Units: milliseconds. */
export type Timer = (run: () => void, delay: number) => () => void;

export interface LockRequest {
  /** Units: milliseconds. */
  readonly lease: number;
  /** Units: milliseconds; 0: not at all. */
  readonly wait: number;
  /** Aborted when it is not worth waiting any longer. */
  readonly signal: AbortSignal;
  /** Tells whether nobody can get the answer any more. */
  readonly isGone: () => boolean;
  /** Told when it begins to wait, and when that is over. */
  readonly onWait?: () => void;
  readonly onWaited?: () => void;
}

export interface Locked {
  /** The name of the lock. The only time it is shown. */
  readonly lock: string;
  /** Absence: null when the token opens nothing yet. */
  readonly session: LockOutcome['session'];
}

/** How often those who wait look whether it is their turn. Units: milliseconds. */
const LOOK = 20;
/** How often all who wait say that they still do; see STANDS of lock.ts. Units: milliseconds. */
const RENEW = 1000;
/** How many may wait on one server. Each holds a connection and some kilobytes. */
const MOST_WAITING = 1000;

interface Waiter {
  readonly name: string;
  readonly hash: string;
  readonly lease: number;
  /** Whether it stands in the queue of the store. */
  asked: boolean;
  /** Told that it has to wait. */
  readonly wait: () => void;
  readonly settle: (end: Locked | null | ServiceError) => void;
}

/** Who waits with one token, in their order. */
interface Queue {
  readonly app: string;
  readonly token: TokenRef;
  readonly begins: boolean;
  readonly now: number;
  waiters: Waiter[];
  /** Hashes of those who went, and may still stand in the queue of the store. */
  left: string[];
  holder: string | null;
  /** Whether all who wait have to say so again. */
  isStale: boolean;
  /** Whether something has happened since the last look began. */
  isWoken: boolean;
  /** Ends its pause. Absence: null while it has none. */
  wake: (() => void) | null;
  /** Resolves when nobody stands in it any more, here and in the store. */
  done: Promise<void>;
}

export class LockWaiting {
  private readonly store: SessionStore;
  /** Absence: null where nobody waits. */
  private readonly timer: Timer | null;
  private readonly queues = new Map<string, Queue>();
  private waiting = 0;
  private stopped = false;

  constructor(store: SessionStore, timer: Timer | null) {
    this.store = store;
    this.timer = timer;
  }

  /** Asks for the lock of a token. `begins`: as in LockClaim. Absence: null. Errors: `session_locked`, also where too many wait. */
  async ask(app: string, token: TokenRef, begins: boolean, request: LockRequest, now: number): Promise<Locked | null> {
    const { lease, wait, signal } = request;
    const { name, hash } = newLock();
    if (wait <= 0 || this.timer === null || this.stopped || this.waiting >= MOST_WAITING || signal.aborted) {
      const asks = [{ hash, lease }];
      const outcome = await this.store.lock(app, token, { asks, stays: false, begins }, now);
      if (outcome === null) return null;
      if (outcome.granted === null) throw sessionLocked();
      return this.given(app, token, { lock: name, session: outcome.session }, hash, request, now);
    }
    const key = `${app}:${token.hash}`;
    const queue = this.queues.get(key) ?? this.begin(key, { app, token, begins, now });
    const locked = await this.stand(queue, { name, hash, lease }, request, this.timer);
    return locked && this.given(app, token, locked, hash, request, now);
  }

  /** Lets those look who wait for a lock that was released here. */
  released(hash: string): void {
    for (const queue of this.queues.values()) if (queue.holder === hash) wake(queue);
  }

  /** Lets nobody wait any longer, and nobody any more. Resolves when all of them have left the queues of the store. */
  async stop(): Promise<void> {
    this.stopped = true;
    const queues = [...this.queues.values()];
    for (const { waiters } of queues) for (const waiter of [...waiters]) waiter.settle(sessionLocked());
    await Promise.all(queues.map(({ done }) => done));
  }

  /** Nobody is to hold a lock whose client has gone before the answer. */
  private async given(
    app: string,
    token: TokenRef,
    locked: Locked,
    hash: string,
    { isGone }: LockRequest,
    now: number,
  ): Promise<Locked> {
    if (!isGone()) return locked;
    await this.store.unlock(app, token, hash, now);
    this.released(hash);
    throw sessionLocked();
  }

  private stand(
    queue: Queue,
    lock: Pick<Waiter, 'name' | 'hash' | 'lease'>,
    { wait, signal, onWait, onWaited }: LockRequest,
    timer: Timer,
  ): Promise<Locked | null> {
    return new Promise((resolve, reject) => {
      let waits = false;
      const settle: Waiter['settle'] = (end) => {
        if (!queue.waiters.includes(waiter)) return;
        cancel();
        signal.removeEventListener('abort', leave);
        queue.waiters = queue.waiters.filter((other) => other !== waiter);
        this.waiting--;
        if (waits) onWaited?.();
        if (end instanceof ServiceError) reject(end);
        else resolve(end);
        if (end instanceof ServiceError || (end === null && waiter.asked)) {
          queue.left.push(waiter.hash);
          wake(queue);
        }
      };
      const leave = () => settle(sessionLocked());
      const waiter: Waiter = {
        ...lock,
        asked: false,
        wait: () => {
          if (!waits) onWait?.();
          waits = true;
        },
        settle,
      };
      const cancel = timer(leave, wait);
      signal.addEventListener('abort', leave);
      this.waiting++;
      queue.waiters.push(waiter);
      wake(queue);
    });
  }

  private begin(key: string, of: Pick<Queue, 'app' | 'token' | 'begins' | 'now'>): Queue {
    const nothing = { waiters: [], left: [], holder: null, isStale: false, isWoken: false, wake: null };
    const queue: Queue = { ...of, ...nothing, done: Promise.resolve() };
    this.queues.set(key, queue);
    // Once the first one stands in it.
    queue.done = queue.done.then(() => this.serve(key, queue));
    return queue;
  }

  /** Asks for those who stand in a queue, until nobody does. */
  private async serve(key: string, queue: Queue): Promise<void> {
    const renew = () => {
      queue.isStale = true;
      cancelRenewal = this.timer!(renew, RENEW);
    };
    let cancelRenewal = this.timer!(renew, RENEW);
    while (queue.waiters.length > 0 || queue.left.length > 0) {
      await this.letGo(queue);
      if (queue.waiters.length > 0) await this.look(queue);
      if (queue.waiters.length > 0 && !queue.isWoken) await this.pause(queue);
    }
    cancelRenewal();
    this.queues.delete(key);
  }

  private async look(queue: Queue): Promise<void> {
    const { app, token, begins, now } = queue;
    // In the queue of the store the first of us is before all others of us.
    const asking = queue.waiters.filter((waiter, i) => i === 0 || !waiter.asked || queue.isStale);
    queue.isStale = false;
    queue.isWoken = false;
    const asks = asking.map(({ hash, lease }) => ({ hash, lease }));
    try {
      const outcome = await this.store.lock(app, token, { asks, stays: true, begins }, now);
      queue.holder = outcome?.holder ?? null;
      if (outcome === null) {
        // Those who stood in it before stand where the token led then: one who has another token may come after them.
        for (const waiter of queue.waiters.filter((one) => one.asked || asking.includes(one))) waiter.settle(null);
        return;
      }
      for (const waiter of asking) waiter.asked = true;
      for (const waiter of asking) {
        if (waiter.hash === outcome.granted) waiter.settle({ lock: waiter.name, session: outcome.session });
        else waiter.wait();
      }
      // Those who went while it was asked for them went in vain: what they got is taken back by `letGo`.
    } catch (error) {
      for (const waiter of [...queue.waiters]) waiter.settle(failureOf(error));
      // The store is asked for nothing now. Their places are over soon by themselves.
      queue.left = [];
    }
  }

  /** Takes those who went out of the queue of the store. What fails is over soon by itself. */
  private async letGo(queue: Queue): Promise<void> {
    const { app, token, now } = queue;
    const hashes = queue.left;
    queue.left = [];
    await Promise.all(hashes.map((hash) => this.store.unlock(app, token, hash, now).catch(() => {})));
    for (const hash of hashes) this.released(hash);
  }

  private pause(queue: Queue): Promise<void> {
    return new Promise((resolve) => {
      const go = () => {
        cancel();
        queue.wake = null;
        resolve();
      };
      const cancel = this.timer!(go, LOOK);
      queue.wake = go;
    });
  }
}

function wake(queue: Queue): void {
  queue.isWoken = true;
  queue.wake?.();
}

function failureOf(cause: unknown): ServiceError {
  if (cause instanceof ServiceError) return cause;
  return new ServiceError('store_unavailable', 'the session store did not do its work', { cause });
}

function sessionLocked(): ServiceError {
  return new ServiceError('session_locked', 'another request has the lock of the session');
}
