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

/** Writes the results of a day over those of an earlier run on it, without the parts. */
export function keepResults(results: Results): void {
  mkdirSync(RESULTS, { recursive: true });
  const findings = results.findings.filter(({ target }) => !isPart(target));
  const kept = { ...results, findings, growth: [] };
  writeFileSync(join(RESULTS, `${results.date.slice(0, 10)}.json`), `${JSON.stringify(kept, null, 1)}\n`);
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

/** Parts that are measured when somebody asks for them, alone or by `--full`: what each found last is in a file of its own. */
export const PARTS = ['platforms', 'express', 'workers', 'growth'] as const;
export type Part = (typeof PARTS)[number];

/** Whether a target is such a part. */
export function isPart(target: string): target is Part {
  return (PARTS as readonly string[]).includes(target);
}

/** Keeps what a run found of a part, if anything. */
export function keepPart(part: Part, results: Results): void {
  const findings = results.findings.filter(({ target }) => target === part);
  const growth = part === 'growth' ? results.growth : [];
  if (findings.length === 0 && growth?.length === 0) return;
  const missing = results.missing?.filter((line) => line.startsWith(part));
  writeFileSync(
    fileOf(part),
    `${JSON.stringify({ ...results, findings, candidates: [], growth, missing }, null, 1)}\n`,
  );
}

/** Absence: null before the first run. */
export function partResults(part: Part): Results | null {
  return existsSync(fileOf(part)) ? JSON.parse(readFileSync(fileOf(part), 'utf8')) : null;
}

function fileOf(part: Part): string {
  return join(RESULTS, `${part}.json`);
}
