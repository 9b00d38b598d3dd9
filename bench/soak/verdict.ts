/**
 * Whether a soak was flat: of each figure the median of the first third beside that of the last third, and a bound for it. What was
 * never to happen is counted over all of it.
 */
import { median } from '../rounds.ts';
import type { Sample } from './samples.ts';

const MEBIBYTE = 1024 * 1024;

export interface Judged {
  readonly what: string;
  readonly unit: 'MiB' | 'ms' | 'cores' | 'sessions' | 'descriptors' | 'requests';
  /** The median of the first third. Absence: null where only a number at the end counts. */
  readonly first: number | null;
  readonly last: number;
  /** What `last` must not be more than; of sessions alive, what it must not be less than, too. */
  readonly most: number;
  readonly least: number | null;
  /** The bound in words. */
  readonly bound: string;
  readonly isWithin: boolean;
}

/** What a figure may have grown: to so many times as much, and so much beside. */
interface Bound {
  readonly times: number;
  readonly plus: number;
}

/** What garbage collectors and allocators do from one minute to the next; a leak of one byte a request is several MiB. */
const MEMORY: Bound = { times: 1.05, plus: 8 };
/** A connection of the load that is just being renewed, and the one sample that counts. */
const DESCRIPTORS: Bound = { times: 1, plus: 3 };
/** Milliseconds in which somebody else has the core, or the disk. */
const LATENCY = { p50: { times: 1.25, plus: 1 }, p99: { times: 1.5, plus: 2 } } satisfies Record<string, Bound>;
const DATA: Bound = { times: 1.05, plus: 1 };
/**
 * LMDB uses no page again that a reader may still see, and gives none back: who stands still for a third of a second, with some 30 MB of
 * pages changed in each, leaves the file as much longer for good. So it tells how long somebody has stood at most, and `DATA` tells a leak.
 */
const FILE: Bound = { times: 1.05, plus: 24 };
/** What a request costs differs so much with what else runs on the cores and in their caches. */
const CORES: Bound = { times: 1.25, plus: 0.05 };
/** Sessions alive are the assumption of all others: neither more nor fewer. */
const SESSIONS = 0.05;

/** `due`: requests of the steady load. `failed`: in all, those at full speed included. */
export function judge(
  samples: readonly Sample[],
  { store, due, failed }: { readonly store: 'embedded' | 'redis'; readonly due: number; readonly failed: number },
): Judged[] {
  const third = Math.floor(samples.length / 3);
  const thirds = (of: (sample: Sample) => number | null) =>
    [samples.slice(0, third), samples.slice(-third)].map((part) =>
      median(part.map(of).filter((value) => value !== null)),
    ) as [number, number];
  const grown = (what: string, unit: Judged['unit'], bound: Bound, of: (sample: Sample) => number | null): Judged => {
    const [first, last] = thirds(of);
    const most = first * bound.times + bound.plus;
    return {
      what,
      unit,
      first,
      last,
      most,
      least: null,
      bound: `first × ${bound.times} + ${bound.plus}`,
      isWithin: last <= most,
    };
  };
  const names = samples[0]!.processes.map(({ name }) => name);
  const each = (what: string, unit: Judged['unit'], bound: Bound, of: (sample: Sample, i: number) => number) =>
    names.map((name, i) => grown(`${what}, ${name}`, unit, bound, (sample) => of(sample, i)));
  const [before, after] = thirds(({ sessions }) => sessions);
  const sum = (of: (sample: Sample) => number) => samples.reduce((all, sample) => all + of(sample), 0);
  const answered = sum((sample) => sample.answered);
  return [
    ...each('memory', 'MiB', MEMORY, ({ processes }, i) => processes[i]!.own / MEBIBYTE),
    ...each('open descriptors', 'descriptors', DESCRIPTORS, ({ processes }, i) => processes[i]!.descriptors),
    grown('p50', 'ms', LATENCY.p50, ({ p50 }) => p50),
    grown('p99', 'ms', LATENCY.p99, ({ p99 }) => p99),
    grown(store === 'redis' ? 'used_memory' : 'data in use', 'MiB', DATA, ({ data }) => data / MEBIBYTE),
    ...(store === 'embedded' ? [grown('data file', 'MiB', FILE, ({ file }) => file! / MEBIBYTE)] : []),
    grown('CPU of all processes', 'cores', CORES, ({ processes }) =>
      processes.reduce((all, { cores }) => all + cores, 0),
    ),
    {
      what: 'sessions alive',
      unit: 'sessions',
      first: before,
      last: after,
      most: before * (1 + SESSIONS),
      least: before * (1 - SESSIONS),
      bound: `first ± ${SESSIONS * 100} %`,
      isWithin: Math.abs(after - before) <= before * SESSIONS,
    },
    count('failed, at full speed, too', failed, 0),
    count('due and not answered', Math.max(0, due - answered), Math.floor(due / 1000)),
  ];
}

function count(what: string, last: number, most: number): Judged {
  return { what, unit: 'requests', first: null, last, most, least: null, bound: `${most}`, isWithin: last <= most };
}
