/** What is looked at every few seconds of a soak, and how it becomes a list of figures. */
import { readdirSync } from 'node:fs';
import { lmdbStatistics } from '../../packages/server/src/stores/lmdb/statistics.ts';
import { NAMESPACE } from '../fill.ts';
import { cpuOf, memoryOf, type Running } from '../process.ts';
import { memoryUsed, type RedisProcess } from '../redis.ts';
import type { Interval, Load } from './load.ts';
import { APP } from './visitors.ts';

/** One process at one moment. */
export interface ProcessSample {
  readonly name: string;
  /** All of it, what the system keeps of files included. Units: bytes. */
  readonly resident: number;
  /** Without that. Units: bytes. */
  readonly own: number;
  /** Open descriptors. */
  readonly descriptors: number;
  /** CPU since the sample before. Units: cores. */
  readonly cores: number;
}

export interface Sample extends Interval {
  /** Since the load is steady. Units: seconds. */
  readonly at: number;
  readonly processes: readonly ProcessSample[];
  /** What the pages of the data file hold that are in use, or `used_memory` of Redis. Units: bytes. */
  readonly data: number;
  /** How long the data file is. Units: bytes. Absence: null on Redis. */
  readonly file: number | null;
  /** Sessions that are alive, by the server's own count. */
  readonly sessions: number;
  /** CPU of the load generator. Units: cores. */
  readonly loadCores: number;
}

export interface Observed {
  readonly server: Running;
  readonly load: Load;
  /** Where the embedded store is. */
  readonly store: { readonly folder: string } | { readonly redis: RedisProcess };
}

export class Observer {
  readonly #observed: Observed;
  readonly #names: readonly string[];
  readonly #pids: readonly number[];
  #at = performance.now();
  #cpu: readonly number[];
  readonly #began: number;

  constructor(observed: Observed) {
    this.#observed = observed;
    const own = observed.server.pids();
    const names = own.length === 1 ? ['server'] : ['supervisor', ...own.slice(1).map((_, i) => `worker ${i + 1}`)];
    const isRedis = 'redis' in observed.store;
    this.#names = [...names, ...(isRedis ? ['Redis'] : [])];
    this.#pids = [...own, ...('redis' in observed.store ? observed.store.redis.pids().slice(0, 1) : [])];
    observed.load.take();
    this.#cpu = this.#cpuOfAll();
    this.#began = this.#at;
  }

  /** Errors: a process has ended, or another one is in its place: what was measured so far is of no use. */
  async sample(): Promise<Sample> {
    const { server, load, store } = this.#observed;
    if (server.pids().join() !== this.#pids.slice(0, server.pids().length).join())
      throw new Error('a process of the server has ended during the soak');
    const interval = load.take();
    const now = performance.now();
    const cpu = this.#cpuOfAll();
    const cores = cpu.map((each, i) => (each - this.#cpu[i]!) / 1000 / (now - this.#at));
    this.#at = now;
    this.#cpu = cpu;
    const processes = this.#pids.map((pid, i) => ({
      name: this.#names[i]!,
      resident: memoryOf(pid, 'VmRSS'),
      own: memoryOf(pid, 'RssAnon'),
      descriptors: readdirSync(`/proc/${pid}/fd`).length,
      cores: cores[i]!,
    }));
    const { data, file } = await sizesOf(store);
    const { sessions } = (await (await fetch(`${server.url}/v1/apps/${APP}`)).json()) as { sessions: number };
    return { at: (now - this.#began) / 1000, ...interval, processes, data, file, sessions, loadCores: cores.at(-1)! };
  }

  /** Units: microseconds; the last one is of this process. */
  #cpuOfAll(): number[] {
    const { user, system } = process.cpuUsage();
    return [...this.#pids.map(cpuOf), user + system];
  }
}

async function sizesOf(store: Observed['store']): Promise<Pick<Sample, 'data' | 'file'>> {
  if ('redis' in store) return { data: await memoryUsed(store.redis), file: null };
  const { engine } = await lmdbStatistics(store.folder, NAMESPACE);
  const facts = engine[0]!.facts as Record<'pages used' | 'page bytes' | 'file bytes', number>;
  return { data: facts['pages used'] * facts['page bytes'], file: facts['file bytes'] };
}
