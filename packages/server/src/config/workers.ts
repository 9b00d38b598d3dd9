/** How many processes answer on one port. */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { ConfigError, number, type Read, type Variable } from './variable.ts';

export const WORKER_VARIABLES = {
  workers: {
    name: 'RS_WORKERS',
    type: 'text',
    unit: 'processes',
    default: '1',
    allowed: 'auto or a whole number from 1 to 64',
    sentence:
      'How many processes answer on the port, under one that supervises them; auto is one for each processor that the server may use. 1 is a single process without a supervisor. Not with memory:, because each process would have sessions of its own.',
  },
} as const satisfies Record<string, Variable>;

/** Reads it. `store`: the store's URL; absence: null when that has a fault of its own. Errors: ConfigError. */
export function readWorkers(read: Read, store: string | null): number {
  let said = '';
  const workers = read(WORKER_VARIABLES.workers, (text) => {
    said = text;
    return text === 'auto' ? processors() : number(text, /^[1-9]\d?$/, 1, 64);
  });
  if (store === 'memory:' && said !== '1') {
    throw new ConfigError(
      `RS_WORKERS=${said} cannot be used with RS_STORE=memory:, because each worker would have sessions of its own; set RS_WORKERS=1, or a store that processes share`,
    );
  }
  return workers;
}

/** Gives how many processors this process may use, its share of them in a container included. */
function processors(): number {
  return Math.min(64, withinQuota(availableParallelism(), ownQuota()));
}

/** Gives how many whole processors there are below a quota as `cpu.max` has it (`150000 100000`, `max 100000`). Absence: null. */
export function withinQuota(cores: number, quota: string | null): number {
  const [, used, period] = /^(\d+) (\d+)/.exec(quota ?? '') ?? [];
  if (used === undefined || Number(period) === 0) return cores;
  return Math.max(1, Math.min(cores, Math.round(Number(used) / Number(period))));
}

/** Gives the text of `cpu.max` for the control group of this process. Absence: null where there is none. */
function ownQuota(): string | null {
  try {
    const path = /^0::(.*)$/m.exec(readFileSync('/proc/self/cgroup', 'utf8'))?.[1] ?? '/';
    return readFileSync(`/sys/fs/cgroup${path}/cpu.max`, 'utf8');
  } catch {
    return null;
  }
}
