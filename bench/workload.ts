/**
 * What a workload is, and what it finds. A workload measures one target of the performance design and gives one finding
 * for each figure the target names; run.ts alone decides what is printed and kept.
 */
import type { Candidate, Growth } from './results.ts';

/** What a workload gets: how long to measure, and a way to clean up after itself. */
export interface Bench {
  /** How often each side is measured. */
  readonly rounds: number;
  /** Length of one round. Units: seconds. */
  readonly seconds: number;
  /** Sessions in a store that is to be large. */
  readonly many: number;
  /** Tells the person waiting what is going on. */
  readonly say: (line: string) => void;
  /** Tells what is not measured and why: in the results, too. */
  readonly miss: (line: string) => void;
  /** Has `fn` called when the workload is over, however it ends; the last one first. */
  after(fn: () => unknown): void;
}

export interface Workload {
  /** The name of the target (P3), or of what has none. */
  readonly target: string;
  readonly what: string;
  readonly run: (bench: Bench) => Promise<Outcome>;
}

export interface Outcome {
  readonly findings: readonly Finding[];
  /** Who was measured beside whom, for the plots. */
  readonly candidates?: readonly Candidate[];
  readonly growth?: readonly Growth[];
}

/** One figure against its target. */
export interface Finding {
  readonly target: string;
  readonly what: string;
  readonly unit: string;
  readonly ours: number;
  /** Who did the same work beside us. Absence: null when the target is an absolute figure. */
  readonly peer: { readonly name: string; readonly value: number } | null;
  /** Ours over the peer's, round by round; the median. Absence: null without a peer. */
  readonly ratio: number | null;
  /** Speaks of the ratio, without a peer of our own figure. */
  readonly goal: { readonly bound: 'at most' | 'at least'; readonly value: number };
  /** Smallest and largest of what the goal speaks of, over all rounds. */
  readonly spread: readonly [number, number];
  /** What a reader should know beside the figure; printed below the table. Absence: empty. */
  readonly note: string;
  /** Whatever else was measured on the way, kept in the results. */
  readonly details: Readonly<Record<string, number | readonly number[]>>;
}

/** Gives the figure that the goal speaks of. */
export function measured({ ratio, ours }: Finding): number {
  return ratio ?? ours;
}

export function isReached(finding: Finding): boolean {
  const { bound, value } = finding.goal;
  return bound === 'at most' ? measured(finding) <= value : measured(finding) >= value;
}

/** Gives how much of what the goal allows is used: 1 is the goal itself, less is better, whatever the direction. */
export function shareOfGoal(finding: Finding): number {
  const { bound, value } = finding.goal;
  return bound === 'at most' ? measured(finding) / value : value / measured(finding);
}
