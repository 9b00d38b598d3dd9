/**
 * What an operator should know about a data folder that is in use: that its path leads elsewhere, that a process keeps pages
 * from being used again, that other accounts may read it. For the warnings of a server and for `rest-sessions doctor`.
 */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Finding } from '../finding.ts';
import type { Environment } from './environment.ts';
import type { StuckReader } from './readers.ts';

/** Gives what there is to say of the open environment of a folder. */
export function healthOf(path: string, environment: Environment): Finding[] {
  const fault = environment.fault();
  const lost: Finding[] = fault === null ? [] : [{ kind: 'state', code: 'data-folder', where: path, message: fault }];
  return [...lost, ...stuckFindings(environment.stuckReaders()), ...openToOthers(path)];
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
