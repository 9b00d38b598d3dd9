/** What was measured, and on what: enough to judge a figure, nothing that names the machine or its owner. */
import { spawnSync } from 'node:child_process';
import { statfsSync } from 'node:fs';
import { cpus, loadavg, release, tmpdir, totalmem } from 'node:os';

/** Source: statfs(2), TMPFS_MAGIC. */
const TMPFS = 0x01021994;

export interface Machine {
  /** Of the code, `+` when the packages had changes beside it. Absence: null outside of a git checkout. */
  readonly commit: string | null;
  readonly cpu: string;
  readonly cores: number;
  /** Units: GiB. */
  readonly memory: number;
  readonly kernel: string;
  readonly node: string;
  readonly wrk: string;
  /** Of the last minute, before the first workload: what else was running. */
  readonly load: number;
  /** False: the temporary folder lives in memory, so "on the disk" costs nothing and P5 says nothing. */
  readonly disk: boolean;
}

export function describeMachine(wrk: string): Machine {
  return {
    commit: commit(),
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memory: Math.round(totalmem() / 1024 ** 3),
    kernel: release().split('-', 1)[0]!,
    node: process.version,
    wrk,
    load: Math.round(loadavg()[0]! * 100) / 100,
    disk: statfsSync(tmpdir()).type !== TMPFS,
  };
}

function commit(): string | null {
  const git = (...args: string[]) => spawnSync('git', args, { encoding: 'utf8' });
  const { status, stdout } = git('rev-parse', '--short', 'HEAD');
  if (status !== 0) return null;
  const isChanged = git('status', '--porcelain', 'packages').stdout !== '';
  return `${stdout.trim()}${isChanged ? '+' : ''}`;
}
