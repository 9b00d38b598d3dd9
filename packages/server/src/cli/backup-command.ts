/** `rest-sessions backup FILE` and `rest-sessions restore FILE`: the embedded store as one file, and back. */
import {
  backUpTo,
  checkBackup,
  dataFolder,
  discardOf,
  type OnProgress,
  type Place,
  restoreFrom,
  type Seal,
} from '../backup.ts';
import { showUrl } from '../config.ts';
import type { Words } from './arguments.ts';
import type { CommandModule } from './definition.ts';
import { fail, misuse, print, say, standardError } from './output.ts';
import { Progress } from './progress.ts';
import { leaveOnSignal } from './stop.ts';
import { configuredFor } from './store-option.ts';

export const backup: CommandModule = {
  run: (_verb, given, environment) => backUp(given, environment),
};

export const restore: CommandModule = {
  run: (_verb, given, environment) => putBack(given, environment),
};

async function backUp(given: Words, environment: NodeJS.ProcessEnv): Promise<number> {
  const [file, replace] = [given.words[0]!, given.has('replace')];
  if (file === '-')
    return misuse(['a backup is a file and goes through no pipe: name a file; export writes to standard output']);
  const path = folderFor(environment, given.text('store'), 'backed up');
  if (typeof path === 'number') return path;
  const began = performance.now();
  const sealed = await shown({ file }, (onProgress) => backUpTo(path, file, { replace, onProgress }));
  if (typeof sealed === 'number') return sealed;
  const seconds = (performance.now() - began) / 1000;
  if (given.has('json'))
    return print(`${JSON.stringify({ file, ...sealed, seconds: Math.round(seconds * 10) / 10 })}\n`);
  return print(`${file}: ${inWords(sealed)}, checked, in ${seconds.toFixed(1)} s\n`);
}

/** Restores, or with `check` only looks at the backup. Gives the exit code. */
async function putBack(given: Words, environment: NodeJS.ProcessEnv): Promise<number> {
  const file = given.words[0]!;
  if (file === '-') return misuse(['a backup is a file and comes through no pipe: name the file']);
  const [replace, json, check] = [given.has('replace'), given.has('json'), given.has('check')];
  if (check && replace) return misuse(['--check restores nothing, so --replace means nothing beside it']);
  if (check) {
    const sealed = await shown({ file }, (onProgress) => checkBackup(file, onProgress));
    if (typeof sealed === 'number') return sealed;
    return print(json ? `${JSON.stringify({ file, ...sealed })}\n` : `${file}: whole; ${inWords(sealed)}\n`);
  }
  const path = folderFor(environment, given.text('store'), 'restored into');
  if (typeof path === 'number') return path;
  const restored = await shown({ folder: path }, (onProgress) => restoreFrom(file, path, { replace, onProgress }));
  if (typeof restored === 'number') return restored;
  const { moved, ...sealed } = restored;
  if (json) return print(`${JSON.stringify({ folder: path, ...sealed, moved })}\n`);
  const made = new Date(sealed.madeAt).toISOString();
  if (moved !== null) say(`what was there before is kept as ${moved}`);
  say(`sessions that ended after ${made} are back, and those made after it are not: end what must not be back`);
  return print(`${path}: restored from ${file}; ${inWords(sealed)}\n`);
}

/** Runs a piece of work with its progress shown. Gives its result, or the exit code after words. */
async function shown<T>(place: Place, work: (onProgress: OnProgress) => Promise<T>) {
  const progress = new Progress(standardError, () => performance.now());
  const discard = await discardOf(place);
  const release = leaveOnSignal(
    () => 'nothing was changed',
    () => {
      progress.clear();
      discard();
    },
  );
  try {
    const result = await work((phase, done, total) => progress.show(phase, done, total));
    progress.clear();
    return result;
  } catch (error) {
    progress.clear();
    return fail((error as Error).message.replaceAll('\n', ' '));
  } finally {
    release();
  }
}

/** Gives the data folder that a command is about, or the exit code after words. */
function folderFor(environment: NodeJS.ProcessEnv, store: string | undefined, deed: string): string | number {
  const config = configuredFor(environment, store);
  if (typeof config === 'number') return config;
  const path = dataFolder(config);
  if (path !== null) return path;
  return misuse([
    `only the embedded store (lmdb:PATH) can be ${deed} by this command; ${showUrl(config.store)} has tools of its own: see docs/operations/embedded-store.md`,
  ]);
}

function inWords({ madeAt, namespaces, bytes }: Seal): string {
  const sessions = namespaces.map(({ name, sessions }) => `${sessions} sessions under ${name}`).join(', ') || 'empty';
  return `${sessions}, as of ${new Date(madeAt).toISOString()}, ${(bytes / 1024 ** 2).toFixed(1)} MiB`;
}
