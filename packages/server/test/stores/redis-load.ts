/**
 * A load on one server process while its Redis fails: reads and sets without a pause, each answer checked as it comes. A
 * session that lives is found, 200 means done, 503 says when to try again, and nothing comes late.
 */
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from '../support/client.ts';
import type { RedisServer } from '../support/redis.ts';
import { until } from '../support/redis-topologies.ts';
import { type Cleanup, startServer } from '../support/server.ts';

const TIMEOUT = 500;
const IN_TIME = TIMEOUT + 1000;
const SESSIONS = 60;

export interface Load {
  readonly client: Client;
  /** How many requests were answered 503 so far. */
  readonly refused: () => number;
  readonly answered: () => number;
  /** When a request was last answered 503, on the clock of `performance`. */
  readonly lastRefused: () => number;
  /** Rejects when a request got a wrong answer, or came late. */
  readonly failed: Promise<unknown>;
  /** Ends the load and checks that what was acknowledged is there. */
  readonly end: () => Promise<void>;
}

/** Makes sessions that the replicas have, and reads and sets them without a pause. */
export async function startLoad(cleanup: Cleanup, url: string, masters: RedisServer[], env = {}): Promise<Load> {
  const server = await startServer(cleanup, { RS_STORE: url, RS_STORE_TIMEOUT: `${TIMEOUT}`, ...env });
  const client = new Client(server.url);
  cleanup.after(() => client.close());
  const tokens: string[] = [];
  for (let i = 0; i < SESSIONS; i++) tokens.push(await client.create('shop', `u${i}`, { n: 0 }));
  // A write on each of the test's own connections first: WAIT waits for what its own connection wrote.
  for (const { admin } of masters) await until(async () => /lag=[01]\b/.test(await admin.info('replication')));
  await delay(200);

  let [refused, answered, lastRefused, running] = [0, 0, 0, true];
  const send = async (method: string, path: string, body?: unknown) => {
    const began = performance.now();
    const answer = await client.send(method, path, body);
    assert.ok(performance.now() - began < IN_TIME, `${method} took ${performance.now() - began} ms`);
    assert.ok(answer.status === 200 || answer.status === 503, `${method}: ${answer.status} ${answer.text}`);
    if (answer.status === 503) {
      assert.ok(Number(answer.headers['retry-after']) >= 1);
      refused++;
      lastRefused = performance.now();
    } else answered++;
    return answer.status === 200 ? answer.json : null;
  };
  const workers = Array.from({ length: 6 }, async (_, worker) => {
    for (let i = worker; running; i += 6) {
      const token = tokens[i % SESSIONS]!;
      const json = await send('GET', `/shop/get/${token}`);
      if (json !== null) assert.equal(json.id, `u${i % SESSIONS}`, 'a session that lives was not found');
      const set = await send('POST', `/shop/set/${token}`, { [`k${worker}`]: i });
      if (set !== null) assert.equal(set.d[`k${worker}`], i, 'a set that was answered 200 was not done');
    }
  });
  // A worker that failed ends the test at `end`, not the process before.
  const ended = Promise.all(workers);
  ended.catch(() => {});
  return {
    client,
    refused: () => refused,
    answered: () => answered,
    lastRefused: () => lastRefused,
    failed: ended,
    end: async () => {
      running = false;
      await ended;
      for (const [i, token] of tokens.entries()) {
        assert.equal((await client.send('GET', `/shop/get/${token}`)).json.id, `u${i}`);
      }
    },
  };
}

/**
 * Resolves once requests have been answered for a while without a refusal. Errors: when one was refused more than two
 * seconds after the store itself was back, which `back` tells.
 */
export async function settled(load: Load, back: () => Promise<boolean>): Promise<void> {
  await until(back);
  const since = performance.now();
  let [before, mark] = [-1, 0];
  const quiet = until(async () => {
    if (load.refused() !== before) [before, mark] = [load.refused(), load.answered()];
    return load.answered() - mark > 300;
  });
  quiet.catch(() => {});
  await Promise.race([quiet, load.failed]);
  const late = load.lastRefused() - since;
  assert.ok(late < 2000, `refused ${late} ms after the store was back`);
}
