/** A finding from the rounds of two sides, taken in turns: the ratio is of rounds that followed each other. */
import { median, type Round, rate, spread } from '../rounds.ts';
import type { Finding } from '../workload.ts';

export interface Comparison {
  readonly target: string;
  readonly what: string;
  /** The figure of a round. Units: microseconds of CPU a request. */
  readonly of: (round: Round) => number;
  readonly ours: readonly Round[];
  readonly peer: readonly Round[];
  /** Of the peer. */
  readonly name: string;
  /** The largest ratio that reaches the goal. */
  readonly most: number;
}

export function compare({ target, what, of, ours, peer, name, most }: Comparison): Finding {
  const [own, others] = [ours.map(of), peer.map(of)];
  const ratios = own.map((cpu, i) => cpu / others[i]!);
  return {
    target,
    what,
    unit: 'µs',
    ours: median(own),
    peer: { name, value: median(others) },
    ratio: median(ratios),
    goal: { bound: 'at most', value: most },
    spread: spread(ratios),
    note: '',
    details: {
      cpu: own,
      peerCpu: others,
      perSecond: ours.map(rate),
      peerPerSecond: peer.map(rate),
      p50: ours.map(({ p50 }) => p50),
      p99: ours.map(({ p99 }) => p99),
      peerP50: peer.map(({ p50 }) => p50),
      peerP99: peer.map(({ p99 }) => p99),
    },
  };
}
