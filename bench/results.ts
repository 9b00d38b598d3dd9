/**
 * What a run leaves in bench/results: a JSON file for each day. All plots and tables come from these files, so they can be
 * drawn again without measuring. Files of earlier forms have fewer members.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Machine } from './machine.ts';
import type { Who } from './plots/svg.ts';
import type { Round } from './rounds.ts';
import type { Finding } from './workload.ts';

export const RESULTS = fileURLToPath(new URL('./results/', import.meta.url));
const FILE = /^\d{4}-\d\d-\d\d\.json$/;

export interface Results {
  /** When it began: ISO 8601. */
  readonly date: string;
  readonly size: { readonly rounds: number; readonly seconds: number; readonly many: number };
  readonly machine: Machine;
  readonly findings: readonly Finding[];
  /** Absence: an earlier form. */
  readonly candidates?: readonly Candidate[];
  readonly growth?: readonly Growth[];
  /** What was not measured and why, a line each. */
  readonly missing?: readonly string[];
}

/** One who reads sessions, beside all others. Lists have a value for each round. */
export interface Candidate {
  readonly name: string;
  readonly who: Who;
  /** The version of Node it ran on. Absence: null, it is none of Node. */
  readonly node: string | null;
  /** Units: microseconds a request. */
  readonly cpu: readonly number[];
  /** Of the Redis behind it. Absence: empty. */
  readonly storeCpu: readonly number[];
  readonly perSecond: readonly number[];
  /** Under the same load as all others. Absence: not measured. */
  readonly atRate?: { readonly perSecond: number; readonly p50: readonly number[]; readonly p99: readonly number[] };
}

/** What a read costs one candidate while one size grows. */
export interface Growth {
  readonly axis: 'sessions' | 'connections' | 'data' | 'apps';
  readonly name: string;
  readonly who: Who;
  readonly points: readonly {
    readonly at: number;
    /** Server and Redis, a value for each round. Units: microseconds a request. */
    readonly cpu: readonly number[];
  }[];
}

export function candidate(
  { name, who, node }: Pick<Candidate, 'name' | 'who' | 'node'>,
  rounds: readonly Round[],
  atRate?: { readonly perSecond: number; readonly rounds: readonly Round[] },
): Candidate {
  const stores = rounds.filter(({ storeCpus }) => storeCpus.length > 0);
  return {
    name,
    who,
    node,
    cpu: rounds.map(({ cpu }) => cpu),
    storeCpu: stores.map(({ storeCpus }) => storeCpus.reduce((sum, cpu) => sum + cpu, 0)),
    perSecond: rounds.map(({ requests, seconds }) => requests / seconds),
    ...(atRate && {
      atRate: {
        perSecond: atRate.perSecond,
        p50: atRate.rounds.map(({ p50 }) => p50),
        p99: atRate.rounds.map(({ p99 }) => p99),
      },
    }),
  };
}

/** Writes the results of a day over those of an earlier run on it. */
export function keepResults(results: Results): void {
  mkdirSync(RESULTS, { recursive: true });
  writeFileSync(join(RESULTS, `${results.date.slice(0, 10)}.json`), `${JSON.stringify(results, null, 1)}\n`);
}

/** Gives all results there are, the latest one last. */
export function allResults(): Results[] {
  const files = readdirSync(RESULTS).filter((file) => FILE.test(file));
  return files.sort().map((file) => JSON.parse(readFileSync(join(RESULTS, file), 'utf8')) as Results);
}

/** When and on what: a line below each plot. */
export function caption({ date, machine, size }: Results): string {
  const { commit, cores, cpu, node, load } = machine;
  return `${date.slice(0, 10)}, ${commit ?? 'no commit'}, ${cores} cores (${cpu}), Node ${node}, 64 connections, medians of ${size.rounds} rounds, load ${load} before`;
}

/** What the last run of the workload `platforms` found: in a file of its own, because that workload is run alone, too. */
const PLATFORMS = join(RESULTS, 'platforms.json');

export function keepPlatforms(results: Results): void {
  const findings = results.findings.filter(({ target }) => target === 'platforms');
  if (findings.length > 0)
    writeFileSync(PLATFORMS, `${JSON.stringify({ ...results, findings, candidates: [], growth: [] }, null, 1)}\n`);
}

/** Absence: null before the first run. */
export function platformResults(): Results | null {
  return existsSync(PLATFORMS) ? JSON.parse(readFileSync(PLATFORMS, 'utf8')) : null;
}
