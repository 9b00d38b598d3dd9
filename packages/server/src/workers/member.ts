/** One worker, as its supervisor sees it. */
import cluster, { type Worker } from 'node:cluster';
import { keepHandoffs } from './handoffs.ts';
import { type FromWorker, type Ready, type StartFailure, type ToWorker, WORKER_MARK } from './messages.ts';

export interface End {
  /** Absence: null when a signal ended it. */
  readonly code: number | null;
  readonly signal: string | null;
}

/** A worker did not come to answer. */
export class NotStarted extends Error {
  readonly failure: StartFailure;

  constructor(failure: StartFailure) {
    super(failure.lines.join('; '));
    this.failure = failure;
  }
}

export interface MemberOptions {
  /** 1 to n. Who takes the place of another has its number. */
  readonly number: number;
  readonly env: Readonly<Record<string, string>>;
  /** Told what it says, but for what only its own life is about. */
  readonly onMessage: (message: FromWorker) => void;
  /** Whether another worker listens. */
  readonly isAnyoneThere: () => boolean;
}

export class Member {
  readonly number: number;
  /** starting → serving → leaving, when it was told to end. */
  state: 'starting' | 'serving' | 'leaving' = 'starting';
  /** Resolves when it answers. Errors: NotStarted. */
  readonly started: Promise<Ready>;
  /** Resolves when it takes no new connection, or has ended. */
  readonly closed: Promise<void>;
  readonly ended: Promise<End>;
  private readonly worker: Worker;
  private readonly bornAt = performance.now();

  constructor({ number, env, onMessage, isAnyoneThere }: MemberOptions) {
    this.number = number;
    this.worker = cluster.fork({ ...env, [WORKER_MARK]: `${number}` });
    // What is sent to one that has just died cannot be sent; its end is told by itself.
    this.worker.on('error', () => {});
    keepHandoffs(this.worker, isAnyoneThere);
    this.ended = new Promise((resolve) =>
      this.worker.once('exit', (code: number | null, signal: string | null) =>
        resolve({ code: signal ? null : code, signal }),
      ),
    );
    let close = () => {};
    this.closed = new Promise((resolve) => {
      close = resolve;
    });
    void this.ended.then(close);
    this.started = new Promise((resolve, reject) => {
      let failure: StartFailure | null = null;
      void this.ended.then(({ code, signal }) => {
        const unsaid = { code: 1, lines: [`a worker ended before it could answer: ${signal ?? `exit code ${code}`}`] };
        reject(new NotStarted(failure ?? unsaid));
      });
      this.worker.on('message', (message: FromWorker) => {
        if (message.kind === 'ready') {
          this.state = 'serving';
          resolve(message.ready);
        } else if (message.kind === 'failed') failure = message.failure;
        else if (message.kind === 'closed') close();
        else onMessage(message);
      });
    });
    this.started.catch(() => {});
  }

  get pid(): number {
    return this.worker.process.pid ?? 0;
  }

  /** How long it has lived. Units: milliseconds. */
  get age(): number {
    return performance.now() - this.bornAt;
  }

  /** Absence: nothing is sent to one that is gone. */
  tell(message: ToWorker): void {
    if (this.worker.isConnected()) this.worker.send(message);
  }

  /** Has it end: `drain` when its last connection has, `stop` when its requests under way have. */
  leave(how: 'drain' | 'stop'): void {
    // One that is not there yet does not hear messages.
    if (this.state === 'starting') this.worker.process.kill('SIGTERM');
    else this.tell({ kind: how });
    this.state = 'leaving';
  }

  kill(): void {
    this.worker.process.kill('SIGKILL');
  }
}
