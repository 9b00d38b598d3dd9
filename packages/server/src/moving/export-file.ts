/**
 * A file that an export is written to: under another name beside it until it is whole, for this account only. What an export that was
 * ended in the middle has left is gone on with, or thrown away.
 *
 *   FILE.partial      what is written so far
 *   FILE.partial.at   up to where that is certain, and what goes on there
 */
import {
  closeSync,
  constants,
  existsSync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  lstatSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { syncFolder } from '../files/folder-sync.ts';
import { isAlive } from '../files/processes.ts';
import { assertFree, FileInTheWay, takeName } from '../files/taking-a-name.ts';
import { type Digest, newDigest, type Place, type Sink } from './exporter.ts';

/** The file cannot be written any more; what is written stays. The message names the code of the system. */
export class Unwritable extends Error {
  override readonly name = 'Unwritable';
  readonly file: string;

  constructor(file: string, partial: string, fault: unknown) {
    super(`${partial} cannot be written (${codeOf(fault)})`);
    this.file = file;
  }
}

interface Noted {
  readonly place: Place;
  readonly bytes: number;
  /** Which export it is: another store, or other apps, is another one. */
  readonly of: string;
  /** The number of the process that writes it. */
  readonly pid: number;
  /** When the export began. */
  readonly exportedAt: string;
}

const CHUNK = 1024 * 1024;
/** The shortest time between two notes of how far it is. Units: milliseconds. */
const PAUSE = 500;

export class ExportFile implements Sink {
  private readonly file: string;
  private readonly replace: boolean;
  private readonly of: string;
  private readonly clock: () => number;
  private fd = -1;
  private bytes = 0;
  private notedAt = Number.NEGATIVE_INFINITY;
  private place: Place | null = null;
  /** When the export began, also in an earlier run. */
  exportedAt: string;

  /** `of`: a text that is the same for the same export. Errors: FileInTheWay. */
  constructor(file: string, { replace, of, clock }: { replace: boolean; of: string; clock: () => number }) {
    this.file = file;
    this.replace = replace;
    this.of = of;
    this.clock = clock;
    this.exportedAt = new Date(clock()).toISOString();
    assertFree(file, replace);
  }

  /** Makes the file, and throws away what an earlier run left. Errors: FileInTheWay; those of the system. */
  begin(): void {
    this.assertAlone();
    rmSync(this.partial, { force: true });
    rmSync(this.at, { force: true });
    const { O_WRONLY, O_CREAT, O_EXCL } = constants;
    try {
      this.fd = openSync(this.partial, O_WRONLY | O_CREAT | O_EXCL, 0o600);
    } catch (error) {
      throw new FileInTheWay(`${this.partial} cannot be made (${codeOf(error)}): name another file`);
    }
  }

  /** Goes on with what an earlier run left. Absence: null when there is nothing to go on with. Errors: as `begin`. */
  resume(): { readonly place: Place; readonly digest: Digest } | null {
    this.assertAlone();
    const noted = this.noted();
    if (noted === null || noted.of !== this.of || !isOrdinary(this.partial)) return null;
    const fd = openSync(this.partial, constants.O_RDWR | constants.O_NOFOLLOW);
    const { size, uid, mode } = fstatSync(fd);
    // Another account could have laid it there, to read what is written after it.
    const isOurs = uid === process.geteuid?.() && (mode & 0o077) === 0;
    if (!isOurs || size < noted.bytes) {
      closeSync(fd);
      return null;
    }
    ftruncateSync(fd, noted.bytes);
    this.fd = fd;
    this.bytes = noted.bytes;
    this.exportedAt = noted.exportedAt;
    return { place: noted.place, digest: digestOf(fd, noted.bytes) };
  }

  /** Errors: Unwritable. */
  async write(bytes: Buffer): Promise<void> {
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(this.fd, bytes, at, bytes.length - at, this.bytes + at);
    } catch (error) {
      throw new Unwritable(this.file, this.partial, error);
    }
    this.bytes += bytes.length;
  }

  /** Notes how far it is, now and then. */
  async reached(place: Place): Promise<void> {
    this.place = place;
    // A clock that was set back must not keep it from being noted until the hour of then comes again.
    if (Math.abs(this.clock() - this.notedAt) >= PAUSE) this.keep();
  }

  /** Notes how far it is. Errors: Unwritable. */
  keep(): void {
    this.notedAt = this.clock();
    if (this.place === null) return;
    const { place, bytes, of, exportedAt } = this;
    const noted: Noted = { place, bytes, of, pid: process.pid, exportedAt };
    const temporary = `${this.at}.new`;
    try {
      // Before the note: after a power cut it must not speak of bytes that the disk never had.
      fdatasyncSync(this.fd);
    } catch (error) {
      throw new Unwritable(this.file, this.partial, error);
    }
    try {
      rmSync(temporary, { force: true });
      writeFileSync(temporary, JSON.stringify(noted), { mode: 0o600, flag: 'wx' });
      renameSync(temporary, this.at);
    } catch (error) {
      throw new Unwritable(this.file, temporary, error);
    }
  }

  /** Gives the whole file its name. Errors: FileInTheWay; those of the system. */
  finish(): void {
    fsyncSync(this.fd);
    closeSync(this.fd);
    this.fd = -1;
    takeName(this.partial, this.file, this.replace);
    rmSync(this.at, { force: true });
    syncFolder(dirname(this.file));
  }

  /** Lets go of it; what is written stays for a run that goes on. */
  close(): void {
    if (this.fd !== -1) closeSync(this.fd);
    this.fd = -1;
  }

  private get partial(): string {
    return `${this.file}.partial`;
  }

  private get at(): string {
    return `${this.partial}.at`;
  }

  private noted(): Noted | null {
    try {
      return JSON.parse(readFileSync(this.at, 'utf8')) as Noted;
    } catch {
      return null;
    }
  }

  private assertAlone(): void {
    const pid = existsSync(this.partial) ? this.noted()?.pid : undefined;
    if (pid === undefined || pid === process.pid || !isAlive(pid)) return;
    throw new FileInTheWay(`process ${pid} is exporting to ${this.file} now; end it, or remove ${this.partial}`);
  }
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'unknown fault';
}

function isOrdinary(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

function digestOf(fd: number, bytes: number): Digest {
  const digest = newDigest();
  const chunk = Buffer.alloc(CHUNK);
  for (let at = 0; at < bytes; ) {
    const read = readSync(fd, chunk, 0, Math.min(CHUNK, bytes - at), at);
    digest.update(chunk.subarray(0, read));
    at += read;
  }
  return digest;
}
