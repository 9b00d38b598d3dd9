/**
 * Measures several sides in turns: A B A B A B, in short rounds. On a shared machine the CPU a request costs drifts by a
 * factor of two within minutes; two rounds that follow each other see nearly the same machine, so their ratio holds
 * where the figures themselves do not. One long run of each would compare two different machines.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { type Answers, drive, type Load } from './load.ts';
import type { Running } from './process.ts';
import type { Bench } from './workload.ts';

/**
 * What a server writes behind (the promise is: within a second) belongs to the requests before it. What follows later, as
 * the activity index does, falls into whichever round it meets. Units: milliseconds.
 */
const SETTLE = 1200;
/** Requests until the code is compiled; on a machine that is busy elsewhere, as many as it does in a while. */
const WARM_UP = 20_000;
/** Units: seconds. */
const LONGEST_WARM_UP = 3;
/** Of one try of it. Units: seconds. */
const TRY = 0.5;

/** A round in which nothing is answered is tried again, twice as long, up to this. Units: seconds. */
const LONGEST_ROUND = 30;

/** One side: who is measured, and under which load. */
export interface Side {
  readonly name: string;
  readonly process: Running;
  /** The servers behind it that do a part of the work: Redis. Absence: the work is all in the process. */
  readonly stores?: readonly Running[];
  /** The same for each round, or given anew: 0 is the warm-up. */
  readonly load: SideLoad | ((round: number) => SideLoad);
}

export type SideLoad = Omit<Load, 'url' | 'seconds'>;

export interface Round extends Answers {
  /** CPU of the process for each request answered. Units: microseconds. */
  readonly cpu: number;
  /** The same of each store behind it. */
  readonly storeCpus: readonly number[];
}

/** Warms every side up, then measures them in turns. Gives the rounds of each side, in the order of the sides. */
export async function takeTurns(bench: Turns, sides: readonly Side[], isWarm = false): Promise<Round[][]> {
  const { rounds, seconds, say } = bench;
  const taken: Round[][] = sides.map(() => []);
  if (!isWarm) for (const side of sides) await warmUp(side);
  for (let i = 0; i < rounds; i++) {
    const cycle: Promise<Round>[] = [];
    for (const side of sides) cycle.push((await run(side, i + 1, seconds)).settled);
    const figures: string[] = [];
    for (const [s, round] of (await Promise.all(cycle)).entries()) {
      taken[s]!.push(round);
      figures.push(`${sides[s]!.name} ${inWords(round)}`);
    }
    say(`  round ${i + 1} of ${rounds}: ${figures.join('; ')}`);
  }
  return taken;
}

export type Turns = Pick<Bench, 'rounds' | 'seconds' | 'say'>;

async function warmUp(side: Side): Promise<void> {
  let answered = 0;
  for (let tries = 0; answered < WARM_UP && tries < LONGEST_WARM_UP / TRY; tries++) {
    answered += (await run(side, 0, TRY)).answers.requests;
  }
}

/** Runs one load to its end, or a longer one when nothing was answered in it. `settled` is there when all that belongs to it is done: the next side may run meanwhile. */
async function run(side: Side, round: number, seconds: number): Promise<{ answers: Answers; settled: Promise<Round> }> {
  const { process, stores = [], load } = side;
  const all = [process, ...stores];
  let before: number[] = [];
  const now = { ...(typeof load === 'function' ? load(round) : load), url: process.url, seconds };
  const answers = await drive(now, () => {
    before = all.map(({ cpu }) => cpu());
  });
  if (answers.requests <= 0) {
    if (seconds > LONGEST_ROUND) throw new Error(`${side.name} answers nothing in ${seconds} s`);
    return run(side, round, 2 * seconds);
  }
  const settle = async (): Promise<Round> => {
    // Redis has done all it was asked when it has answered.
    if (stores.length === 0) await delay(SETTLE);
    const [cpu, ...storeCpus] = all.map((running, i) => (running.cpu() - before[i]!) / answers.requests);
    return { ...answers, cpu: cpu!, storeCpus };
  };
  return { answers, settled: settle() };
}

/** Gives the CPU of the stores together, for each request answered. Units: microseconds. */
export function storeCpu({ storeCpus }: Round): number {
  return storeCpus.reduce((sum, cpu) => sum + cpu, 0);
}

/** Gives the CPU of all processes together, for each request answered. Units: microseconds. */
export function totalCpu(round: Round): number {
  return round.cpu + storeCpu(round);
}

/** Gives the requests answered a second. */
export function rate({ requests, seconds }: Round): number {
  return requests / seconds;
}

function inWords(round: Round): string {
  const store = round.storeCpus.length === 0 ? '' : ` + ${storeCpu(round).toFixed(1)}`;
  return `${round.cpu.toFixed(1)}${store} µs of CPU a request, ${rate(round).toFixed(0)}/s`;
}

/** Writes the latency of a side in words: medians over its rounds. */
export function latency(rounds: readonly Round[]): string {
  const [p50, p99] = [median(rounds.map((round) => round.p50)), median(rounds.map((round) => round.p99))];
  return `p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms with 64 connections`;
}

/** Gives the middle value: one disturbed round does not move it. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Gives the smallest and the largest value. */
export function spread(values: readonly number[]): [number, number] {
  return [Math.min(...values), Math.max(...values)];
}
