/**
 * What an operator should know about a data folder that is in use: that its path leads elsewhere, that a process keeps pages
 * from being used again, that other accounts may read it. For the warnings of a server and for `rest-sessions doctor`.
 */
import { chmodSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Finding } from '../finding.ts';
import type { Environment } from './environment.ts';
import type { Leftover } from './homes.ts';
import { appOf } from './keys.ts';
import type { StuckReader } from './readers.ts';

/** Gives what there is to say of the open environment of a folder, and of what is left there of apps that have ended. */
export function healthOf(path: string, environment: Environment, leftovers: readonly Leftover[]): Finding[] {
  const fault = environment.fault();
  const lost: Finding[] = fault === null ? [] : [{ kind: 'state', code: 'data-folder', where: path, message: fault }];
  const stuck = stuckFindings(environment.stuckReaders());
  return [...lost, ...stuck, ...leftoverFindings(leftovers), ...openToOthers(path)];
}

/** Gives a finding for each process: it may have several readers. */
export function stuckFindings(stuck: readonly StuckReader[]): Finding[] {
  return [...new Set(stuck.map(({ pid }) => pid))].map((pid) => {
    const own = stuck.filter((reader) => reader.pid === pid);
    const seconds = Math.round(Math.max(...own.map(({ heldFor }) => heldFor)) / 1000);
    const behind = Math.max(...own.map((reader) => reader.behind));
    return {
      kind: 'state',
      code: 'stuck-reader',
      where: `process ${pid}`,
      message: `it has been reading one state of the store for ${seconds} s, ${behind} commits ago; until it goes on or ends, no page is used again and the data file grows`,
    };
  });
}

/** Gives a finding for each app that has ended and is not removed from the file yet: how far that is. */
export function leftoverFindings(leftovers: readonly Leftover[]): Finding[] {
  return leftovers.map(({ home, records }) => {
    const message = `its sessions have ended, and ${records} of them are still to be removed from the file; nobody sees them, and servers go on with it`;
    return { kind: 'state', code: 'ending', where: `app ${appOf(home)}`, message };
  });
}

/** Gives a finding for the folder and for each file that accounts beside the owner and its group may use. */
export function openToOthers(path: string): Finding[] {
  // Windows has rights of another kind.
  if (process.platform === 'win32') return [];
  const places = [
    [path, '700', 'list, and perhaps change, what is in it'],
    [join(path, 'data.mdb'), '600', 'read all sessions'],
    [join(path, 'lock.mdb'), '600', 'hold up the servers'],
  ] as const;
  return places.flatMap(([where, right, deed]): Finding[] => {
    const mode = statSync(where, { throwIfNoEntry: false })?.mode ?? 0;
    if ((mode & 0o007) === 0) return [];
    const text = (mode & 0o777).toString(8);
    const message = `it is open to other accounts of this machine (mode ${text}), which may ${deed}: chmod ${right} ${where}`;
    return [{ kind: 'setting', code: 'open-folder', where, message }];
  });
}

/**
 * Takes the rights of accounts outside of the group from the files of a folder: earlier versions made them readable for all.
 * Those of the group stay, because several accounts may share a folder on purpose. Gives a sentence for each change. A
 * file that this account does not own stays as it is, and is a finding.
 */
export function closeToOthers(path: string): string[] {
  if (process.platform === 'win32') return [];
  const files = [join(path, 'data.mdb'), join(path, 'lock.mdb')];
  return files.flatMap((file) => {
    const before = (statSync(file, { throwIfNoEntry: false })?.mode ?? 0) & 0o7777;
    if ((before & 0o007) === 0) return [];
    const after = before & ~0o007;
    try {
      chmodSync(file, after);
    } catch {
      return [];
    }
    const [had, has] = [before, after].map((mode) => mode.toString(8));
    return [`${file} was open to other accounts of this machine (mode ${had}); it is not any more (mode ${has})`];
  });
}
