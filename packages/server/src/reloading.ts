/**
 * Files that are read again while the server runs: when one of them changes, and on SIGHUP. They are looked at every second,
 * because inotify does not see a mounted secret change (Kubernetes re-points a symbolic link further up) nor a file of a
 * network file system. What belongs together is read together. A certificate and its key are two files, and whoever renews them
 * writes one after the other; so a fault is told a round later, unless the files have changed again by then.
 */
import { type BigIntStats, statSync } from 'node:fs';
import { stat } from 'node:fs/promises';

/** Units: milliseconds. */
const ROUND = 1000;

/** Thrown by `read` for what is no fault of the files and will pass: it is told once, and the files are read again each round until then. */
export class ForNow extends Error {}

export interface Reloading {
  /** Absence: an empty list when there is nothing to read again. */
  readonly files: readonly string[];
  /** Takes what the files hold now. Throws when they have a fault; what was there before is in force then. */
  readonly read: () => void;
  readonly onFault: (error: unknown) => void;
}

/** The state of no file. */
const UNREAD = 'unread';

export class WatchedFiles {
  private readonly options: Reloading;
  /** The state of the files that was read last. */
  private known: string;
  /** Found with that state, and not yet told. */
  private fault: { error: unknown } | null = null;
  private isWaiting = false;
  private timer: NodeJS.Timeout | null;

  /** To be made right after the files were read for the first time. */
  constructor(options: Reloading) {
    this.options = options;
    this.known = this.stateNow();
    this.timer = setTimeout(() => this.round(), ROUND).unref();
  }

  /** Reads the files at once, changed or not, and tells a fault at once. */
  reload(): void {
    this.known = this.stateNow();
    this.attempt();
    this.tell();
  }

  close(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
  }

  private async round(): Promise<void> {
    const state = (await Promise.all(this.options.files.map(stateOf))).join('\n');
    if (this.timer === null) return;
    if (state !== this.known) {
      this.known = state;
      this.attempt();
    } else {
      this.tell();
    }
    this.timer = setTimeout(() => this.round(), ROUND).unref();
  }

  private stateNow(): string {
    return this.options.files.map((path) => wordsFor(() => statSync(path, { bigint: true }))).join('\n');
  }

  private attempt(): void {
    this.fault = null;
    try {
      this.options.read();
      this.isWaiting = false;
    } catch (error) {
      if (error instanceof ForNow) this.waitFor(error);
      else this.fault = { error };
    }
  }

  private waitFor(error: ForNow): void {
    this.known = UNREAD;
    if (!this.isWaiting) this.options.onFault(error);
    this.isWaiting = true;
  }

  private tell(): void {
    if (this.fault === null) return;
    const { error } = this.fault;
    this.fault = null;
    this.options.onFault(error);
  }
}

/** Without blocking: a file may lie on a network that is away. */
async function stateOf(path: string): Promise<string> {
  const found = await stat(path, { bigint: true }).catch((error: unknown) => error);
  return wordsFor(() => {
    if (found instanceof Error) throw found;
    return found as BigIntStats;
  });
}

/** All that changes when a file is written, replaced, or given another owner or mode. */
function wordsFor(look: () => BigIntStats): string {
  try {
    const { dev, ino, size, mode, uid, gid, mtimeNs, ctimeNs } = look();
    return [dev, ino, size, mode, uid, gid, mtimeNs, ctimeNs].join(' ');
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code);
  }
}
