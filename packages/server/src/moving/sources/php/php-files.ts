/**
 * The sessions that PHP keeps as files, which is its default: `sess_ID` in the folder of `session.save_path`, also with a depth (`2;FOLDER`
 * or `2;600;FOLDER`: a file is then in folders that are the first characters of its id). When a file was written last, its session was seen
 * last: PHP says so also of one that a page has only read.
 *
 * PHP locks a file while a page has its session. Node cannot ask for that lock; so a file that is written at this moment is read again.
 * What is no file is not followed and not opened, as with PHP itself.
 */
import { constants, type Dir, type Dirent } from 'node:fs';
import { type FileHandle, lstat, open, opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Found, WrongSource } from '../../source.ts';
import { foundOf, nameOf, type Times } from '../carried.ts';
import { phpToken } from '../web/adapter-tokens.ts';
import type { Surveyed } from '../web/survey.ts';
import { PHP_ID, type PhpOptions, phpSession } from './php-session.ts';

export interface PhpFilesOptions extends PhpOptions {
  /** How long a visit keeps a session. Units: milliseconds. */
  readonly timeout: number;
  /** Units: epoch milliseconds. */
  readonly clock: () => number;
}

/** Longer than any text whose data could be taken. Units: bytes. */
const LONGEST = 16_777_216;
/** Files that are read at once. */
const TOGETHER = 64;
/** A file that was written so short a time ago may be half-written. Units: milliseconds. */
const FRESH = 100;
const TRIES = 20;
const MOST_DEPTH = 8;
const NAME = /^sess_(.*)$/s;
/** `N;FOLDER` and `N;MODE;FOLDER`. */
const SAVE_PATH = /^(\d+);(?:[0-7]+;)?(.+)$/s;

type OneFile = { readonly id: string; readonly path: string };

export class PhpFilesSource implements Surveyed {
  readonly name: string;
  readonly things = 'files';
  private readonly folder: string;
  private readonly depth: number;
  private readonly options: PhpFilesOptions;
  private isClosed = false;

  private constructor(folder: string, depth: number, options: PhpFilesOptions) {
    this.folder = folder;
    this.depth = depth;
    this.options = options;
    this.name = `the sessions of PHP in ${folder}${depth > 0 ? `, ${depth} folders deep` : ''}`;
  }

  /** Errors: WrongSource. */
  static async open(where: string, options: PhpFilesOptions): Promise<PhpFilesSource> {
    const [, depth = '0', folder = where] = SAVE_PATH.exec(where) ?? [];
    if (Number(depth) > MOST_DEPTH) throw new WrongSource(`${where} has a depth of more than ${MOST_DEPTH} folders`);
    await (await opened(folder)).close();
    return new PhpFilesSource(folder, Number(depth), options);
  }

  get notes() {
    return this.options.notes;
  }

  /** Folders with a depth are many: how many files they have is only known once all are read. */
  async total(): Promise<number | null> {
    if (this.depth > 0) return null;
    let count = 0;
    for await (const _ of entriesOf(this.folder, () => this.isClosed)) count++;
    return count;
  }

  /** A position is a folder whose files come again, and all after it: a folder has no order by which one could go on within it. */
  async *read(after: string | null): AsyncGenerator<Found> {
    for await (const inner of this.folders('', this.depth)) {
      const position = inner;
      if (after !== null && inner < after) continue;
      let files: OneFile[] = [];
      for await (const entry of entriesOf(join(this.folder, inner), () => this.isClosed)) {
        const file = this.fileOf(inner, entry);
        if (file === null) {
          if (!entry.isDirectory() && entry.name !== '.htaccess')
            yield { kind: 'left', reason: 'foreign', example: shown(entry.name), position };
          continue;
        }
        files.push(file);
        if (files.length < TOGETHER) continue;
        yield* this.readAll(files, position);
        files = [];
      }
      yield* this.readAll(files, position);
    }
  }

  async nothingThere(): Promise<string> {
    const nested = this.depth === 0 && (await hasNested(this.folder));
    const hint = nested
      ? ', but folders of one character: with a depth --from is as session.save_path has it (2;FOLDER)'
      : '';
    return `${this.folder} has no files of PHP sessions (sess_ and an id${this.depth > 0 ? `, ${this.depth} folders deep` : ''})${hint}`;
  }

  async close(): Promise<void> {
    this.isClosed = true;
  }

  /** Gives the folders that have files, as paths below, in their order. */
  private async *folders(inner: string, depth: number): AsyncGenerator<string> {
    if (depth === 0) {
      yield inner;
      return;
    }
    const names: string[] = [];
    for await (const entry of entriesOf(join(this.folder, inner), () => this.isClosed))
      if (entry.isDirectory() && /^[A-Za-z0-9,-]$/.test(entry.name)) names.push(entry.name);
    for (const name of names.sort()) yield* this.folders(join(inner, name), depth - 1);
  }

  /** Absence: null for what is no file of a session. */
  private fileOf(inner: string, entry: Dirent): OneFile | null {
    const id = NAME.exec(entry.name)?.[1];
    if (id === undefined || !entry.isFile() || !PHP_ID.test(id)) return null;
    if (this.depth > 0 && join(...id.slice(0, this.depth)) !== inner) return null;
    return { id, path: join(this.folder, inner, entry.name) };
  }

  private async *readAll(files: readonly OneFile[], position: string): AsyncGenerator<Found> {
    for (const found of await Promise.all(files.map((file) => this.readOne(file, position)))) yield* found;
  }

  private async readOne({ id, path }: OneFile, position: string): Promise<Iterable<Found>> {
    const { clock, timeout } = this.options;
    const left = (reason: 'data_too_large' | 'unreadable'): Found[] => [
      { kind: 'left', reason, example: nameOf(phpToken(id)), position },
    ];
    const read = await contentOf(path, clock);
    if (read === null) return [];
    if (read === 'too_large') return left('data_too_large');
    const { text, writtenAt, madeAt } = read;
    const times: Times = {
      createdAt: madeAt > 0 ? Math.min(madeAt, writtenAt) : writtenAt,
      lastSeenAt: Math.min(writtenAt, clock()),
      idleTimeout: timeout,
      absoluteExpiresAt: null,
    };
    return foundOf(phpSession(id, text, times, this.options), position);
  }
}

interface Content {
  readonly text: Buffer;
  /** Units: epoch milliseconds. */
  readonly writtenAt: number;
  /** Where the file system tells. Absence: 0. */
  readonly madeAt: number;
}

/** Reads a file as it stands when nobody has just written it. Absence: null for one that is gone. Errors: WrongSource. */
async function contentOf(path: string, clock: () => number): Promise<Content | 'too_large' | null> {
  let handle: FileHandle;
  try {
    // One that was put in its place meanwhile is not followed, and a pipe is not waited for.
    handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ELOOP') return null;
    throw refused(path.replace(/sess_.*$/s, 'sess_…'), code);
  }
  try {
    for (let tries = 1; ; tries++) {
      const before = await handle.stat();
      if (before.size > LONGEST) return 'too_large';
      const text = Buffer.alloc(before.size);
      const { bytesRead } = await handle.read(text, 0, before.size, 0);
      const after = await handle.stat();
      const isWhole = after.mtimeMs === before.mtimeMs && after.size === before.size && bytesRead === before.size;
      if (tries === TRIES || (isWhole && Math.abs(clock() - after.mtimeMs) > FRESH))
        return {
          text: text.subarray(0, bytesRead),
          writtenAt: Math.floor(after.mtimeMs),
          madeAt: Math.floor(after.birthtimeMs),
        };
      await delay(FRESH / 2);
    }
  } finally {
    await handle.close();
  }
}

/** Errors: WrongSource. */
async function opened(folder: string): Promise<Dir> {
  try {
    return await opendir(folder, { bufferSize: 512 });
  } catch (error) {
    throw refused(folder, (error as NodeJS.ErrnoException).code);
  }
}

function refused(path: string, code: string | undefined): WrongSource {
  if (code === 'ENOENT') return new WrongSource(`there is no folder ${path}`);
  if (code === 'ENOTDIR') return new WrongSource(`${path} is no folder`);
  if (code === 'EACCES' || code === 'EPERM')
    return new WrongSource(
      `${path} cannot be read by this account: the files of PHP belong to its own (www-data on Debian); run the import as root or as that`,
    );
  return new WrongSource(`${path} cannot be read (${code})`);
}

async function* entriesOf(folder: string, isClosed: () => boolean): AsyncGenerator<Dirent> {
  for await (const entry of await opened(folder)) {
    if (isClosed()) return;
    yield entry;
  }
}

async function hasNested(folder: string): Promise<boolean> {
  for await (const entry of await opened(folder)) {
    if (/^[A-Za-z0-9,-]$/.test(entry.name) && (await lstat(join(folder, entry.name))).isDirectory()) return true;
  }
  return false;
}

/** The name of a file of somebody else's sessions may have a token in it. */
function shown(name: string): string {
  const short = name.replaceAll(/[A-Za-z0-9_,-]{12,}/g, (run) => `${run.slice(0, 6)}…`);
  return /^[\x20-\x7e…]{1,60}$/.test(short) ? short : 'a file with an odd name';
}
