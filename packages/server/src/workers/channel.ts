/** A worker's side of what it and the supervisor say to each other. */
import cluster from 'node:cluster';
import type { Spent } from '../limits/pool.ts';
import { FIRST_MARK, type FromWorker, type Ready, type StartFailure, type ToWorker, WORKER_MARK } from './messages.ts';

export interface WorkerActions {
  readonly onLead: () => void;
  readonly onReload: () => void;
  readonly onRelease: () => void;
  readonly onSpent: (spent: Spent) => void;
  /** Gives what this worker has of something. */
  readonly give: (what: string) => unknown;
}

/** Gives the number of this worker. Absence: null in any other process, a worker of somebody else's cluster too. */
export function workerNumber(environment: NodeJS.ProcessEnv): number | null {
  return cluster.isWorker && environment[WORKER_MARK] ? Number(environment[WORKER_MARK]) : null;
}

/** Tells whether this worker is started before all others. */
export function isFirst(environment: NodeJS.ProcessEnv): boolean {
  return environment[FIRST_MARK] !== undefined;
}

export class WorkerChannel {
  /** Resolves when it is told to end when its connections have. */
  readonly drained: Promise<void>;
  /** Resolves when it is told to stop. */
  readonly stopped: Promise<void>;
  private readonly waiting = new Map<number, (parts: readonly unknown[]) => void>();
  private last = 0;

  constructor(actions: WorkerActions) {
    process.once('disconnect', () => {
      for (const resolve of this.waiting.values()) resolve([]);
    });
    let drain = () => {};
    let stop = () => {};
    this.drained = new Promise((resolve) => {
      drain = resolve;
    });
    this.stopped = new Promise((resolve) => {
      stop = resolve;
    });
    process.on('message', (message: ToWorker) => {
      if (message.kind === 'lead') actions.onLead();
      else if (message.kind === 'reload') actions.onReload();
      else if (message.kind === 'release') actions.onRelease();
      else if (message.kind === 'spent') actions.onSpent(message.spent);
      else if (message.kind === 'drain') drain();
      else if (message.kind === 'stop') stop();
      else if (message.kind === 'give')
        this.tell({ kind: 'part', id: message.id, what: message.what, part: actions.give(message.what) });
      else if (message.kind === 'gathered') this.waiting.get(message.id)?.(message.parts);
    });
  }

  ready(ready: Ready): void {
    this.tell({ kind: 'ready', ready });
  }

  /** Resolves when the supervisor has it, or is gone. */
  failed(failure: StartFailure): Promise<void> {
    return this.tellLast({ kind: 'failed', failure });
  }

  /** Tells what this worker had of something when it ended. Resolves when the supervisor has it, or is gone. */
  leftBehind(what: string, part: unknown): Promise<void> {
    return this.tellLast({ kind: 'part', id: 0, what, part });
  }

  closed(): void {
    this.tell({ kind: 'closed' });
  }

  spent(spent: Spent): void {
    this.tell({ kind: 'spent', spent });
  }

  /** Gives what each worker has of something, this one included; without a supervisor, nothing. */
  gather(what: string): Promise<readonly unknown[]> {
    if (!process.connected) return Promise.resolve([]);
    const id = ++this.last;
    return new Promise<readonly unknown[]>((resolve) => {
      this.waiting.set(id, resolve);
      this.tell({ kind: 'gather', id, what });
    }).finally(() => this.waiting.delete(id));
  }

  private tellLast(message: FromWorker): Promise<void> {
    return new Promise((resolve) => {
      if (process.connected) process.send?.(message, undefined, undefined, () => resolve());
      else resolve();
    });
  }

  private tell(message: FromWorker): void {
    // The supervisor may go at any moment; that is noticed by itself.
    if (process.connected) process.send?.(message, undefined, undefined, () => {});
  }
}
