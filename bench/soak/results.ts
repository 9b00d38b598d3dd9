/** What a soak leaves: a file for each store in bench/results, from which its plot and its table are drawn. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Machine } from '../machine.ts';
import { RESULTS } from '../results.ts';
import type { Sample } from './samples.ts';
import type { Judged } from './verdict.ts';

export const STORES = ['embedded', 'redis'] as const;
export type StoreName = (typeof STORES)[number];

export interface Soak {
  /** When it began: ISO 8601. */
  readonly date: string;
  readonly store: StoreName;
  readonly machine: Machine;
  readonly workers: number;
  readonly connections: number;
  /** Of the steady load. */
  readonly minutes: number;
  /** As many requests a second as could be answered before. */
  readonly capacity: number;
  /** As many as were sent. */
  readonly perSecond: number;
  /** Since the server was started, until its end. */
  readonly requests: number;
  /** What went wrong first, in words. */
  readonly failures: readonly string[];
  readonly judged: readonly Judged[];
  readonly samples: readonly Sample[];
}

const fileOf = (store: StoreName) => join(RESULTS, `soak-${store}.json`);

/** A sample a line: a run of half an hour has some 360. */
export function keepSoak(soak: Soak): void {
  const { samples, ...rest } = soak;
  const head = JSON.stringify(rest, null, 1).slice(0, -2);
  const rounded = (_: string, value: unknown) => (typeof value === 'number' ? Math.round(value * 1000) / 1000 : value);
  const lines = samples.map((sample) => `  ${JSON.stringify(sample, rounded)}`);
  writeFileSync(fileOf(soak.store), `${head},\n "samples": [\n${lines.join(',\n')}\n ]\n}\n`);
}

/** Absence: null before the first run. */
export function soakOf(store: StoreName): Soak | null {
  return existsSync(fileOf(store)) ? JSON.parse(readFileSync(fileOf(store), 'utf8')) : null;
}
