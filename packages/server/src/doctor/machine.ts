/** What an operator should change about the machine: limits that a server meets only under load, and room on the disk. */
import { readFileSync, statfsSync } from 'node:fs';
import type { Finding } from '../stores/finding.ts';

/** Files that a server has open beside its connections: its store, its log, and some of Node's own. */
const OTHER_FILES = 100;
/** How many connections that nobody has taken yet Node lets wait. Source: `server.listen` of Node, backlog. */
const BACKLOG = 511;
/** Less than so much of a disk, or less than so many bytes, is told. */
const ROOM_SHARE = 0.02;
const ROOM = 100 * 1024 ** 2;
/** When support of a version of Node ends. Source: the release schedule of Node.js. Later ones are not known here. */
const NODE_ENDS: Readonly<Record<string, string>> = {
  20: '2026-04-30',
  22: '2027-04-30',
  24: '2028-04-30',
  26: '2029-04-30',
};

export interface Machine {
  /** RS_MAX_CONCURRENT. */
  readonly maxConcurrent: number;
  /** RS_MAX_STREAMS. */
  readonly maxStreams: number;
  /** The folder of the embedded store. Absence: null for another store. */
  readonly dataFolder: string | null;
  /** Reads a file of `/proc`. Absence: null where there is none, as on other systems. */
  readonly proc?: (path: string) => string | null;
  /** Gives the bytes of a disk, and those that this account may still use. Absence: null where the system does not tell. */
  readonly disk?: (path: string) => { readonly size: number; readonly free: number } | null;
}

/** Gives what to change. `where` names the limit as its system does. */
export function machineFindings(machine: Machine): Finding[] {
  const { maxConcurrent, maxStreams, dataFolder, proc = readProc, disk = diskOf } = machine;
  const findings: Finding[] = [];
  const found = (code: string, where: string, message: string) =>
    findings.push({ kind: 'setting', code, where, message });
  // Node raises its own limit to the hard one when it starts.
  const files = /^Max open files +\S+ +(\d+)/m.exec(proc('/proc/self/limits') ?? '')?.[1];
  const needed = maxConcurrent + maxStreams + OTHER_FILES;
  if (files !== undefined && Number(files) < needed) {
    const message = `a process that is started from here may have ${files} files open, and RS_MAX_CONCURRENT=${maxConcurrent} with RS_MAX_STREAMS=${maxStreams} needs ${needed}: beyond it connections are refused; raise it (ulimit -Hn, LimitNOFILE=)`;
    found('open-files', 'ulimit -n', message);
  }
  const waiting = Number(proc('/proc/sys/net/core/somaxconn') ?? BACKLOG);
  if (waiting < BACKLOG) {
    const message = `${waiting} new connections may wait, where a server asks for ${BACKLOG}: bursts are refused; set it to 4096`;
    found('somaxconn', 'net.core.somaxconn', message);
  }
  const room = dataFolder === null ? null : disk(dataFolder);
  if (dataFolder !== null && room !== null) {
    const { size, free } = room;
    if (free < ROOM || free < size * ROOM_SHARE) {
      const message = `its disk has ${Math.floor(free / 1024 ** 2)} MiB left: on a full one creates and changes are 503; make room`;
      found('disk-space', dataFolder, message);
    }
  }
  return findings;
}

/** Gives what to know of this version of Node, in a sentence. Absence: null. `now`: epoch milliseconds. */
export function nodeNote(version: string, now: number): string | null {
  const [major = ''] = version.replace(/^v/, '').split('.');
  const end = NODE_ENDS[major];
  if (end === undefined || Date.parse(end) > now) return null;
  return `Node ${version} gets no more security updates since ${end}; the server runs on newer ones, too`;
}

function readProc(path: string): string | null {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return null;
  }
}

function diskOf(path: string) {
  try {
    const { blocks, bavail, bsize } = statfsSync(path);
    return { size: blocks * bsize, free: bavail * bsize };
  } catch {
    return null;
  }
}
