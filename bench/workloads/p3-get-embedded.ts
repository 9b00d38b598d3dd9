/**
 * P3: reading hot sessions from the embedded store, against the same framework answering a constant: what sessions cost
 * beyond HTTP. Each read counts and moves last-seen, so what is written behind is part of the price.
 */
import { readFileSync } from 'node:fs';
import { type Running, startPeer, startServer } from '../process.ts';
import { latency, median, rate, spread, takeTurns } from '../rounds.ts';
import { APP, createSessions } from '../sessions.ts';
import { number } from '../table.ts';
import type { Bench, Finding, Workload } from '../workload.ts';

const SESSIONS = 10_000;
const PATH = `/${APP}/get/`;
/** The headers of an answer that come from the application; the rest is Node's. */
const OURS = ['content-type', 'cache-control', 'x-content-type-options'];

export const p3: Workload = {
  target: 'P3',
  what: 'classic GET, embedded store, 10,000 sessions: CPU a request',
  run: async (bench) => {
    const server = await startServer(bench);
    const tokens = await createSessions(bench, server, SESSIONS);
    const constant = await startConstant(bench, server, tokens);
    const load = { script: 'get.lua', args: [PATH, tokens] };
    const [ours, peers] = await takeTurns(bench, [
      { name: 'ours', process: server, load },
      { name: 'constant', process: constant, load },
    ]);
    await readFirst(server, tokens);
    const ratios = ours!.map(({ cpu }, i) => cpu / peers![i]!.cpu);
    const finding: Finding = {
      target: p3.target,
      what: p3.what,
      unit: 'µs',
      ours: median(ours!.map(({ cpu }) => cpu)),
      peer: { name: 'Hono, a constant', value: median(peers!.map(({ cpu }) => cpu)) },
      ratio: median(ratios),
      goal: { bound: 'at most', value: 1.7 },
      spread: spread(ratios),
      note: `ours ${number(median(ours!.map(rate)))}/s, the constant ${number(median(peers!.map(rate)))}/s; ours ${latency(ours!)}`,
      details: {
        cpu: ours!.map(({ cpu }) => cpu),
        peerCpu: peers!.map(({ cpu }) => cpu),
        perSecond: ours!.map(rate),
        peerPerSecond: peers!.map(rate),
        p50: ours!.map(({ p50 }) => p50),
        p99: ours!.map(({ p99 }) => p99),
      },
    };
    return [finding];
  },
};

/** Starts the peer with a real answer of ours as its constant. */
async function startConstant(bench: Bench, server: Running, tokens: string): Promise<Running> {
  const response = await readFirst(server, tokens);
  const headers = Object.fromEntries(OURS.map((name) => [name, response.headers.get(name)!]));
  return startPeer(bench, 'hono-constant.ts', { BODY: await response.text(), HEADERS: JSON.stringify(headers) });
}

/** Reads the first session of the list. Errors: when it is not there, so that nobody measures empty answers. */
async function readFirst({ url }: Running, tokens: string): Promise<Response> {
  const [token] = readFileSync(tokens, 'utf8').split('\n', 1);
  const response = await fetch(`${url}${PATH}${token}`);
  const text = await response.clone().text();
  if (response.status !== 200 || !text.includes('"d":')) throw new Error(`get answered ${response.status}: ${text}`);
  return response;
}
