/**
 * Who ended whose sessions, who was refused, and what changed of the rules: one JSON line each, for those who ask months later
 * (decision 42). An act has two lines: `begun` is on the disk before anything is done, `done` or `failed` before it is answered.
 * So there is no act without a line, and no line says of an act that it was done when it was not. Where `begun` cannot be
 * written, nothing is done and the answer is 503. Where the second line cannot, the act is answered as it went, because it is done:
 * the line is tried again each second.
 *
 * No line has a token, an API key or data. Texts that callers choose are searched for what has the form of one.
 */
import { ServiceError } from '../core/errors.ts';
import { withoutSecrets } from '../core/secrets.ts';
import type { Act, Audit, Begun, Facts, Outcome } from '../http/message/audit.ts';
import { RateLimiter } from '../limits/rate-limiter.ts';
import { networkOf } from '../limits/wrong-keys.ts';

/** Where lines go. Errors of each: what the system says. */
export interface AuditSink {
  readonly append: (line: string) => Promise<void>;
  /** At once, while the event loop stands still. */
  readonly appendNow: (line: string) => void;
  readonly reopen: () => Promise<void>;
  readonly close: () => Promise<void>;
}

export interface AuditLogOptions {
  readonly sink: AuditSink;
  /** Units: epoch milliseconds. */
  readonly clock: () => number;
  /** Told when lines cannot be written, once until they can. */
  readonly onTrouble: (why: string) => void;
  readonly onOver: () => void;
}

/** Changes that no request makes: the server has read a file again. */
export type Change = 'policy.change' | 'keys.change';

/** What a server is that starts. Digests: SHA-256 of the files in force, in hexadecimal digits. Absence: null without such a file. */
export interface Started {
  readonly version: string;
  /** Of the account that it runs under. Absence: null where there are none (Windows). */
  readonly uid: number | null;
  /** Without credentials. */
  readonly store: string;
  readonly policy: string | null;
  readonly keys: string | null;
}

/** Units: milliseconds. */
const PATIENCE = 5000;
const RETRY = 1000;
/** Refusals that have a line each: a flood of them must not fill the disk. The others are counted. */
const REFUSALS = { each: { perSecond: 0.5, burst: 60 }, all: { perSecond: 5, burst: 600 } };

/** The audit log cannot be written. */
export class AuditFailure extends ServiceError {
  constructor(cause: unknown) {
    super('audit_unavailable', 'the audit log cannot be written: nothing was done; try again', { cause });
  }
}

export class AuditLog implements Audit {
  private readonly options: AuditLogOptions;
  private readonly each = new RateLimiter(REFUSALS.each);
  private readonly all = new RateLimiter(REFUSALS.all);
  private uncounted = 0;
  private isInTrouble = false;
  /** Of acts that are done and could not be written. */
  private late: string[] = [];
  private timer: NodeJS.Timeout | null = null;

  constructor(options: AuditLogOptions) {
    this.options = options;
  }

  async begin(act: Act, facts: Facts): Promise<Begun> {
    const id = crypto.randomUUID();
    await this.write(this.lineOf(act, 'begun', { id, ...facts }));
    return {
      end: async ({ outcome, ...more }: Outcome) => {
        const line = this.lineOf(act, outcome, { id, ...facts, ...more });
        await this.writeOrLater(line);
      },
    };
  }

  async refused(act: Act, facts: Facts, code: string): Promise<void> {
    const now = this.options.clock();
    const isOne = this.each.take(networkOf(facts.address ?? ''), now).allowed && this.all.take('', now).allowed;
    if (!isOne) {
      this.uncounted++;
      return;
    }
    const alsoRefused = this.uncounted;
    this.uncounted = 0;
    const counted = alsoRefused > 0 && { alsoRefused };
    await this.write(this.lineOf(act, 'refused', { ...facts, code, ...counted })).catch((error) => {
      this.uncounted += alsoRefused;
      throw error;
    });
  }

  async noted(act: Act, facts: Facts): Promise<void> {
    await this.write(this.lineOf(act, 'done', facts));
  }

  /** Writes that the rules change, right before they do. Errors: AuditFailure; they must not change then. */
  changed(act: Change, file: string | null, changes: readonly string[]): void {
    try {
      this.options.sink.appendNow(this.lineOf(act, 'done', { file, changes }));
      this.wentWell();
    } catch (error) {
      throw this.failed(error);
    }
  }

  /** Writes that this process begins to serve, or as soon as that can be: sessions do not wait for it. */
  started(started: Started): void {
    void this.writeOrLater(this.lineOf('server.start', 'done', started));
  }

  /** Writes that it has ended well: a start that follows on a start was a crash. Resolves when that is written, or cannot be. */
  stopped(): Promise<void> {
    return this.writeOrLater(this.lineOf('server.stop', 'done', {}));
  }

  /** Opens the file anew (SIGHUP). */
  async reopen(): Promise<void> {
    await this.options.sink.reopen().then(
      () => this.wentWell(),
      (error) => void this.failed(error),
    );
  }

  /** To be called when no request is under way any more. */
  async close(): Promise<void> {
    if (this.timer !== null) clearTimeout(this.timer);
    await this.writeLate();
    if (this.timer !== null) clearTimeout(this.timer);
    await this.options.sink.close();
  }

  private lineOf(act: Act | Change | 'server.start' | 'server.stop', outcome: string, facts: object): string {
    const time = new Date(this.options.clock()).toISOString();
    return `${withoutSecrets(JSON.stringify({ time, act, outcome, pid: process.pid, ...facts }))}\n`;
  }

  private async write(line: string): Promise<void> {
    try {
      await inTime(this.options.sink.append(line));
      this.wentWell();
    } catch (error) {
      throw this.failed(error);
    }
  }

  private async writeOrLater(line: string): Promise<void> {
    await this.write(line).catch(() => this.writeLater(line));
  }

  private writeLater(line: string): void {
    this.late.push(line);
    this.timer ??= setTimeout(() => void this.writeLate(), RETRY).unref();
  }

  private async writeLate(): Promise<void> {
    this.timer = null;
    const lines = this.late;
    this.late = [];
    for (const line of lines) await this.writeOrLater(line);
  }

  private wentWell(): void {
    if (!this.isInTrouble) return;
    this.isInTrouble = false;
    this.options.onOver();
  }

  private failed(error: unknown): AuditFailure {
    if (!this.isInTrouble) this.options.onTrouble((error as Error).message);
    this.isInTrouble = true;
    return new AuditFailure(error);
  }
}

/** Errors: that it has taken too long. It may still be written then. */
function inTime(written: Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`not written within ${PATIENCE / 1000} s`)), PATIENCE);
    written.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
