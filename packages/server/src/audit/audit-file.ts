/**
 * Lines at the end of a file, on the disk before anybody is told so. Whoever waits while one group is written goes together
 * with all that wait: one write, one fdatasync. Several processes may write into one file: each write is whole lines, at the end
 * (O_APPEND). Before each group it is looked whether the path still leads to the file that is open. So a file that was moved
 * away (logrotate) is left by itself, and a folder that is gone is a failure and not a line in a file without a name.
 *
 * A write that failed may have left a part of a line, on a full disk or in a crash. The next group begins on a new line then.
 */
import { closeSync, fdatasyncSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/** For its owner alone: it says who did what. A file that is there keeps the mode that it has. */
const MODE = 0o600;
/** Lines that may wait for a disk that has stopped. */
const MAX_WAITING = 10_000;
const NEWLINE = 10;

interface Waiting {
  readonly line: string;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

interface Opened {
  readonly handle: FileHandle;
  /** Device and number, so that another file in its place is noticed. */
  readonly identity: string;
  readonly isRegular: boolean;
}

export class AuditFile {
  private readonly path: string;
  /** Absence: null before the first group, and after `reopen`. */
  private opened: Opened | null = null;
  private waiting: Waiting[] = [];
  private running: Promise<void> | null = null;

  constructor(path: string) {
    this.path = path;
  }

  /** Opens the file, making it where there is none. Errors: what the system says. */
  async check(): Promise<void> {
    await this.current();
  }

  /** Resolves when the line is on the disk. Errors: what the system says; a part of the line may be there then. */
  append(line: string): Promise<void> {
    if (this.waiting.length >= MAX_WAITING) return Promise.reject(new Error('too many lines wait to be written'));
    return new Promise((resolve, reject) => {
      this.waiting.push({ line, resolve, reject });
      this.running ??= this.run();
    });
  }

  /** The same at once, for what cannot wait: the event loop stands still meanwhile. */
  appendNow(line: string): void {
    const fd = openSync(this.path, 'a+', MODE);
    try {
      const found = fstatSync(fd);
      const size = found.isFile() ? found.size : 0;
      const last = Buffer.alloc(1);
      const isTorn = size > 0 && readSync(fd, last, 0, 1, size - 1) === 1 && last[0] !== NEWLINE;
      const bytes = Buffer.from(isTorn ? `\n${line}` : line);
      for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
      if (found.isFile()) fdatasyncSync(fd);
    } finally {
      closeSync(fd);
    }
  }

  /** Opens the file anew once what is under way is written. Errors: what the system says; the next line tries again. */
  async reopen(): Promise<void> {
    await this.running;
    await this.close();
    await this.current();
  }

  /** To be called when nobody appends any more. */
  async close(): Promise<void> {
    await this.running;
    const { opened } = this;
    this.opened = null;
    await opened?.handle.close();
  }

  private async run(): Promise<void> {
    // What else this turn of the event loop has to say goes into the same group.
    await null;
    while (this.waiting.length > 0) {
      const group = this.waiting;
      this.waiting = [];
      try {
        await this.write(group.map(({ line }) => line).join(''));
        for (const { resolve } of group) resolve();
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
    }
    this.running = null;
  }

  private async write(text: string): Promise<void> {
    const { handle, isRegular } = await this.current();
    const bytes = Buffer.from(isRegular && (await isTorn(handle)) ? `\n${text}` : text);
    for (let at = 0; at < bytes.length; ) at += (await handle.write(bytes, at)).bytesWritten;
    if (isRegular) await handle.datasync();
  }

  private async current(): Promise<Opened> {
    if (this.opened !== null) {
      const found = await stat(this.path, { bigint: true }).catch(() => null);
      if (found !== null && identityOf(found) === this.opened.identity) return this.opened;
      const { handle } = this.opened;
      this.opened = null;
      await handle.close();
    }
    const handle = await open(this.path, 'a+', MODE);
    try {
      const found = await handle.stat({ bigint: true });
      const opened = { handle, identity: identityOf(found), isRegular: found.isFile() };
      if (opened.isRegular && found.size === 0n) await syncFolderOf(this.path);
      this.opened = opened;
      return opened;
    } catch (error) {
      await handle.close();
      throw error;
    }
  }
}

function identityOf({ dev, ino }: { readonly dev: bigint; readonly ino: bigint }): string {
  return `${dev} ${ino}`;
}

/** Tells whether the file ends within a line. */
async function isTorn(handle: FileHandle): Promise<boolean> {
  const { size } = await handle.stat();
  if (size === 0) return false;
  const { bytesRead, buffer } = await handle.read(Buffer.alloc(1), 0, 1, size - 1);
  return bytesRead === 1 && buffer[0] !== NEWLINE;
}

/** Makes the name of a new file durable, as far as the account may. */
async function syncFolderOf(path: string): Promise<void> {
  const folder = await open(dirname(path), 'r').catch(() => null);
  if (folder === null) return;
  try {
    await folder.sync();
  } catch (error) {
    if (!isUnsupported(error)) throw error;
  } finally {
    await folder.close();
  }
}

/** Some file systems have no such thing as a durable name. */
function isUnsupported(error: unknown): boolean {
  return ['EINVAL', 'ENOTSUP'].includes((error as NodeJS.ErrnoException).code ?? '');
}
