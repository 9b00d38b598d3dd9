/**
 * Writes lines to a file, pipe, socket or terminal that may fail, fill up or stop being read, and come back. Neither must stop the
 * server: no write blocks the event loop, memory is bounded, a fault is never thrown. What does not fit is lost and counted, and
 * when lines go out again, one of them says how many were lost. Lines are tried again each second, because a disk gets
 * room, and a named pipe another reader. (pino's own destination writes on without a pause, and keeps all in memory.)
 */
import { closeSync, constants, openSync, write, writeSync } from 'node:fs';

/** What may wait to be written. Units: bytes (UTF-16 code units). */
const MAX_WAITING = 65_536;
/** The same with lines that must not be lost. */
const MAX_DELIVERED = 1_048_576;
/** What the system takes of a pipe as a whole or not at all (PIPE_BUF). Units: bytes. */
const AT_ONCE = 4096;
/** Units: milliseconds. */
const RETRY = { full: 50, failed: 1000 };
const LAST_PATIENCE = 1000;
const STUCK_AFTER = 500;

export interface LogSinkOptions {
  readonly fd: number;
  readonly isTerminal: boolean;
  /** Whether other processes write lines to the same place. Default: no. */
  readonly isShared?: boolean;
  /** Units: milliseconds. */
  readonly clock: () => number;
  /** Gives the line that says how many lines were lost, and how long (whole seconds) it lasted. */
  readonly wordsForLoss: (lost: number, seconds: number) => string;
}

interface Receipt {
  readonly number: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export class LogSink {
  private readonly options: LogSinkOptions;
  private readonly fd: number;
  private waiting: string[] = [];
  /** Lines that were ever taken on. */
  private added = 0;
  /** Who wants to know of a line: `number` counts them from the first. */
  private receipts: Receipt[] = [];
  private size = 0;
  /** Handed to the system, as far as it is not yet taken. */
  private batch: Buffer | null = null;
  /** Since when a write is under way. Units: milliseconds. Absence: null when none is. */
  private busySince: number | null = null;
  private timer: NodeJS.Timeout | null = null;
  /** Whether the last write was refused, and not just put off. */
  private isRefused = false;
  private lost = 0;
  /** When it began to fail. Absence: null while all is well. */
  private failingSince: number | null = null;

  constructor(options: LogSinkOptions) {
    this.options = options;
    this.fd = options.isTerminal ? withoutWaiting(options.fd) : options.fd;
  }

  /** Tells whether the system has not come back from a write for long. */
  get isStuck(): boolean {
    return this.busySince !== null && performance.now() - this.busySince > STUCK_AFTER;
  }

  private get isBusy(): boolean {
    return this.busySince !== null;
  }

  write(line: string): void {
    if (this.size > 0 && this.size + line.length > MAX_WAITING) {
      this.failingSince ??= this.options.clock();
      this.lost++;
      return;
    }
    this.add(line);
    this.pump();
  }

  /** Writes a line that must not be lost unseen. Resolves when the system has taken it. Errors: why it refuses; it may be written later then. */
  deliver(line: string): Promise<void> {
    if (this.size > MAX_DELIVERED) return Promise.reject(new Error('nobody reads what is written'));
    return new Promise((resolve, reject) => {
      this.add(line);
      this.receipts.push({ number: this.added, resolve, reject });
      this.pump();
    });
  }

  /** Resolves when all is written or refused, or has been tried for a second. */
  async finish(): Promise<void> {
    const end = performance.now() + LAST_PATIENCE;
    if (!this.isBusy) this.retry();
    while (this.isBusy || this.nextBatch() !== null) {
      if (performance.now() > end || (!this.isBusy && this.isRefused)) return;
      if (!this.isBusy) this.retry();
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** Writes what it can at once. */
  flushNow(): void {
    try {
      for (let bytes = this.nextBatch(); bytes !== null; bytes = this.nextBatch()) {
        this.taken(writeSync(this.fd, bytes));
      }
    } catch {
      // Nobody reads it, or it cannot be written: there is nowhere to say so.
    }
  }

  private add(line: string): void {
    this.waiting.push(line);
    this.size += line.length;
    this.added++;
  }

  private refuse(error: unknown): void {
    for (const { reject } of this.receipts.splice(0)) reject(error);
  }

  private retry(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    this.pump();
  }

  /** In another thread: a disk may take its time. One write at a time, so that lines stay in order. */
  private pump(): void {
    if (this.isBusy || this.timer !== null) return;
    const bytes = this.nextBatch();
    if (bytes === null) return;
    this.busySince = performance.now();
    write(this.fd, bytes, 0, bytes.length, null, (error, count) => {
      this.busySince = null;
      if (error === null) {
        this.isRefused = false;
        this.taken(count);
        this.pump();
        return;
      }
      this.isRefused = error.code !== 'EAGAIN';
      if (this.isRefused) {
        this.failingSince ??= this.options.clock();
        this.refuse(error);
      }
      this.timer = setTimeout(() => this.retry(), this.isRefused ? RETRY.failed : RETRY.full).unref();
    });
  }

  private nextBatch(): Buffer | null {
    if (this.batch !== null || this.waiting.length === 0) return this.batch;
    this.batch = Buffer.from(this.options.isShared ? this.nextLines() : this.waiting.splice(0).join(''));
    return this.batch;
  }

  /** Takes as many lines as no other process can get between; a longer line alone. */
  private nextLines(): string {
    let text = this.waiting.shift() ?? '';
    for (let bytes = Buffer.byteLength(text); this.waiting.length > 0; ) {
      bytes += Buffer.byteLength(this.waiting[0]!);
      if (bytes > AT_ONCE) break;
      text += this.waiting.shift();
    }
    return text;
  }

  private taken(count: number): void {
    const { batch } = this;
    if (batch === null) return;
    if (count < batch.length) {
      this.batch = batch.subarray(count);
      return;
    }
    this.batch = null;
    const taken = this.added - this.waiting.length;
    while (this.receipts.length > 0 && this.receipts[0]!.number <= taken) this.receipts.shift()!.resolve();
    this.size = this.waiting.reduce((sum, line) => sum + line.length, 0);
    if (this.failingSince === null) return;
    // What waits now came before what was lost: the words about that stand behind it.
    const seconds = Math.round((this.options.clock() - this.failingSince) / 1000);
    this.add(this.options.wordsForLoss(this.lost, seconds));
    this.failingSince = null;
    this.lost = 0;
  }
}

/**
 * Opens a terminal once more, so that a write does not wait while its output is held (Ctrl-S). Pipes and sockets need none of
 * that: Node has made them so when it made process.stderr. Gives the old one where that cannot be done.
 */
function withoutWaiting(fd: number): number {
  try {
    const opened = openSync(`/dev/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
    if (opened > 2) return opened;
    closeSync(opened);
  } catch {
    // Not on this system, or not by this account.
  }
  return fd;
}
