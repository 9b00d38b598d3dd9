/**
 * `npm run near-cache`: the near cache of the TypeScript client, beside a server with an embedded store. How many checks a second one
 * process answers from memory, beside the same ones asked of the server; and how long it takes, from when another process has the answer to
 * an end, until this one says so too. Writes bench/results/near-cache.json. `--ends N`, `--seconds N` for other lengths.
 * Exit code 0: everything was measured. 1: it could not be. 2: wrong use.
 */
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { SessionClient } from '../packages/client/src/index.ts';
import { wrkVersion } from './load.ts';
import { describeMachine } from './machine.ts';
import { startServer, temporaryFolder } from './process.ts';
import { RESULTS } from './results.ts';
import { APP, DATA } from './sessions.ts';
import { number, table } from './table.ts';
import type { Bench, Finding } from './workload.ts';

const ENDER = fileURLToPath(new URL('./peers/ender.mjs', import.meta.url));
/** Much longer than the bench: only events end what is in memory. Units: milliseconds. */
const MAX_STALE = 3_600_000;
const SESSIONS = 5000;
const PER_SECOND = 200;
/** Of the design: checks a second, and milliseconds. */
const LEAST_CHECKS = 100_000;
const MOST_LAG = 250;

type Cleanup = Pick<Bench, 'after'>;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { ends: { type: 'string', default: '4000' }, seconds: { type: 'string', default: '5' } },
  });
  const [ends, seconds] = [Number(values.ends), Number(values.seconds)];
  if (!(ends >= 100 && seconds >= 1)) {
    console.error('Usage: npm run near-cache -- [--ends 4000] [--seconds 5]');
    return 2;
  }
  const date = new Date().toISOString();
  const machine = describeMachine(wrkVersion() ?? 'none');
  const cleanups: (() => unknown)[] = [];
  const bench: Cleanup = { after: (end) => void cleanups.unshift(end) };
  try {
    const { sessions, url } = await start(bench);
    const findings = [await checksOf(sessions, seconds), await lagOf(bench, sessions, url, ends)];
    console.log(table(findings));
    const results = { date, size: { ends, seconds }, machine, findings };
    writeFileSync(join(RESULTS, 'near-cache.json'), `${JSON.stringify(results, null, 1)}\n`);
  } finally {
    for (const end of cleanups) await end();
  }
  return 0;
}

/** Starts a server, and a client that hears its events. */
async function start(bench: Cleanup) {
  const policy = join(temporaryFolder(bench), 'policy.json');
  writeFileSync(policy, JSON.stringify({ apps: { [APP]: { events: true } } }));
  const { url } = await startServer(bench, { env: { RS_CONFIG: policy, RS_LOGLEVEL: 'error' } });
  let begin = () => {};
  const heard = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const nearCache = { maxStale: MAX_STALE, onChange: (isHeard: boolean) => isHeard && begin() };
  const sessions = new SessionClient({ url, app: APP, timeout: 20_000, nearCache });
  bench.after(() => sessions.close());
  await sessions.verify('a-token-that-opens-no-session-0123456');
  await heard;
  return { sessions, url };
}

/** Creates sessions, and has them in memory. Gives their tokens. */
async function fill(sessions: SessionClient, count: number): Promise<string[]> {
  const tokens: string[] = [];
  for (let i = 0; i < count; i += 100) {
    const some = Array.from({ length: Math.min(100, count - i) }, (_, j) =>
      sessions.create({ subject: `user${i + j}`, data: JSON.parse(DATA) }),
    );
    for (const { token } of await Promise.all(some)) tokens.push(token);
  }
  // The events of their creation are no reason to forget them.
  await Promise.all(tokens.map((token) => sessions.verify(token)));
  return tokens;
}

async function checksOf(sessions: SessionClient, seconds: number): Promise<Finding> {
  const tokens = await fill(sessions, SESSIONS);
  const rates: number[] = [];
  let [age, others, all] = [0, 0, 0];
  const cpuBefore = process.cpuUsage();
  for (let second = 0; second < seconds; second++) {
    const began = performance.now();
    let checks = 0;
    while (performance.now() - began < 1000) {
      for (let i = 0; i < 1000; i++, checks++) {
        const { staleness } = (await sessions.verify(tokens[checks % SESSIONS]!))!;
        if (staleness!.source !== 'memory') others++;
        age = Math.max(age, staleness!.age);
      }
      await nextTurn();
    }
    all += checks;
    rates.push((checks / (performance.now() - began)) * 1000);
  }
  const { user, system } = process.cpuUsage(cpuBefore);
  const cpu = (user + system) / all;
  const sorted = rates.sort((a, b) => a - b);
  const ours = sorted[Math.floor(sorted.length / 2)]!;
  return {
    target: 'E4',
    what: 'near cache: checks a second from memory',
    unit: '1/s',
    ours,
    peer: null,
    ratio: null,
    goal: { bound: 'at least', value: LEAST_CHECKS },
    spread: [sorted[0]!, sorted.at(-1)!],
    note: `near cache: one process, one check after the other, ${number(SESSIONS)} sessions; ${cpu.toFixed(1)} µs of CPU a check; ${others} answers were of the server`,
    details: { cpu, others, oldest: age },
  };
}

/** How long this process says active after another one has ended a session. */
async function lagOf(bench: Cleanup, sessions: SessionClient, url: string, ends: number): Promise<Finding> {
  const child = spawn(process.execPath, [ENDER, url, APP, `${PER_SECOND}`], { stdio: ['pipe', 'pipe', 'inherit'] });
  bench.after(() => child.kill('SIGKILL'));
  const endedAt = new Map<string, number>();
  createInterface({ input: child.stdout }).on('line', (line) => {
    const [token, at] = JSON.parse(line) as [string, number];
    endedAt.set(token, at);
  });
  const lags: number[] = [];
  const toEnd = await fill(sessions, ends);
  for (const token of toEnd) child.stdin.write(`${token}\n`);
  const active = new Set(toEnd);
  const look = async (token: string) => {
    if ((await sessions.verify(token)) !== null) return;
    const now = performance.timeOrigin + performance.now();
    active.delete(token);
    // It may be known here before the other process has its answer.
    lags.push(Math.max(0, now - (endedAt.get(token) ?? now)));
  };
  // They are ended in their order: the first of those that are left are looked at in each turn.
  while (active.size > 0) {
    const some: string[] = [];
    for (const token of active) if (some.push(token) === 100) break;
    await Promise.all(some.map(look));
    await nextTurn();
  }
  const sorted = lags.sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!;
  return {
    target: 'E5',
    what: 'near cache: end elsewhere → known here, p99',
    unit: 'ms',
    ours: at(0.99),
    peer: null,
    ratio: null,
    goal: { bound: 'at most', value: MOST_LAG },
    spread: [at(0), at(1)],
    note: `near cache: ${number(ends)} ends by another process, ${PER_SECOND}/s; p50 ${at(0.5).toFixed(1)} ms; 0 where it was known here before the other process had its answer`,
    details: { ends, p50: at(0.5), p90: at(0.9) },
  };
}

process.exitCode = await main();
