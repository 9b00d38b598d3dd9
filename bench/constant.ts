/** node:http with the very answer of ours as a constant: what a server on Node's own parser cannot be below. */
import { type Ask, readOnce } from './contenders.ts';
import { type Running, startPeer } from './process.ts';
import type { Runtime } from './runtimes.ts';
import type { Bench } from './workload.ts';

/** The headers of an answer that come from the application; the rest is Node's. */
const OWN_HEADERS = ['content-type', 'cache-control', 'x-content-type-options'];

/** Asks `ours` for a session and starts the peer with what it answers. */
export async function startConstant(
  bench: Pick<Bench, 'after'>,
  ours: Running,
  ask: Ask,
  token: string,
  { node }: Pick<Runtime, 'node'>,
): Promise<Running> {
  const { text, headers } = await readOnce(ours, ask, token);
  const kept = Object.fromEntries(OWN_HEADERS.map((name) => [name, headers[name]!]));
  return startPeer(bench, 'constant.mjs', { BODY: text, HEADERS: JSON.stringify(kept) }, node);
}
