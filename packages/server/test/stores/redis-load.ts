/**
 * A load on one server process while its Redis fails: reads and sets all the time, each answer checked as it comes. A
 * session that lives is found, 200 means done, 503 says when to try again, and nothing comes late.
 */
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { type Answer, Client } from '../support/client.ts';
import type { RedisServer } from '../support/redis.ts';
import { replicated, until } from '../support/redis-topologies.ts';
import { type Cleanup, startServer } from '../support/server.ts';
import { PATIENCE } from '../support/until.ts';

const TIMEOUT = 500;
/** Whoever hangs comes later than this. A busy machine adds what it will to the budget. */
const IN_TIME = TIMEOUT + PATIENCE;
/** How long after its return a store may still refuse, on a busy machine. */
const BACK_IN = PATIENCE;
const SESSIONS = 60;
/** Between a set and the next read of each of the six: enough to meet every state, and not what the machine can do. Units: milliseconds. */
const PAUSE = 20;

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

/** Makes a session and gives its token; again when the store was too busy for its budget. */
export async function makeSession(client: Client, id: string, data?: unknown): Promise<string> {
  let token = '';
  await until(async () => {
    const { status, json } = await client.send('PUT', `/shop/create/${id}?ip=1.1.1.1`, data);
    assert.ok(status === 200 || status === 503, `create: ${status}`);
    token = json.token ?? '';
    return status === 200;
  });
  return token;
}

/** Makes sessions that the replicas have, and reads and sets them until it is ended. */
export async function startLoad(cleanup: Cleanup, url: string, masters: RedisServer[], env = {}): Promise<Load> {
  const server = await startServer(cleanup, { RS_STORE: url, RS_STORE_TIMEOUT: `${TIMEOUT}`, ...env });
  const client = new Client(server.url);
  cleanup.after(() => client.close());
  const tokens: string[] = [];
  for (let i = 0; i < SESSIONS; i++) tokens.push(await makeSession(client, `u${i}`, { n: 0 }));
  for (const master of masters) await replicated(master);

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
      await delay(PAUSE);
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
        assert.equal((await readAnswer(client, `/shop/get/${token}`)).json.id, `u${i}`);
      }
    },
  };
}

/** Reads until the answer is not that the store is too busy. */
export async function readAnswer(client: Client, path: string): Promise<Answer> {
  let answer = await client.send('GET', path);
  await until(async () => {
    if (answer.status === 503) answer = await client.send('GET', path);
    return answer.status !== 503;
  });
  return answer;
}

/**
 * Resolves once requests have been answered for a while without a refusal. Errors: when one was refused more than a
 * while after the store itself was back, which `back` tells.
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
  assert.ok(late < BACK_IN, `refused ${late} ms after the store was back`);
}
