/**
 * G11 by chance: random requests against the built server, random texts against the JSON reader. Every case is made from
 * one number, and the cases of a run from consecutive ones: the message of a failure names the FUZZ_SEED with which the
 * failing case comes first. The same cases in each run of the tests; `npm run fuzz` draws others, for as long as
 * FUZZ_SECONDS says, on the store of RS_STORE.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ServiceError } from '../../src/core/errors.ts';
import { MAX_DEPTH, readObject, writeObject } from '../../src/core/json-text.ts';
import { hashKey, newKey } from '../../src/keys/format.ts';
import { Chance } from '../support/chance.ts';
import {
  assertAnswer,
  assertHealthy,
  assertRefusal,
  exchange,
  JSON_TYPE,
  memoryOf,
  request,
} from '../support/raw-client.ts';
import { type ServerProcess, startServer } from '../support/server.ts';
import { caller, fragments, METHODS, mangled, randomJson, tokens, wellFramed } from './fuzz-requests.ts';

const SECONDS = Number(process.env.FUZZ_SECONDS ?? 3);
const SEED = Number(process.env.FUZZ_SEED ?? 1);
/** Units: milliseconds. Generous: only a hang is to fail on a busy machine. */
const PATIENCE = 60_000;
const CLIENTS = 3;
/** RS_STORE and RS_STORE_TIMEOUT, where a long run sets them. */
const STORE = Object.fromEntries(
  Object.entries(process.env).flatMap(([name, value]) => (name.startsWith('RS_STORE') && value ? [[name, value]] : [])),
);

async function wireCase(server: ServerProcess, seed: number): Promise<void> {
  const r = new Chance(seed);
  const framed = r.percent(60);
  // Answers to HEAD have no body: only where it is sure which request they belong to can they be read.
  const { sent, method } = framed ? wellFramed(r, [...METHODS, 'HEAD']) : { sent: mangled(r), method: 'GET' };
  const ending = framed ? 'wait' : r.percent(75) ? 'half-close' : 'reset';
  const result = await exchange(server.port, fragments(r, sent), {
    method,
    ending,
    pause: r.below(3),
    linger: r.percent(10) ? 20 : 0,
    patience: PATIENCE,
    answers: framed ? 1 : 1000,
  });
  const shown = [sent.toString('latin1'), result].map((value) => JSON.stringify(value).slice(0, 2000));
  try {
    for (const answer of result.answers) {
      assertAnswer(answer);
      if (answer.status >= 400 && method !== 'HEAD') assertRefusal(answer, [answer.status]);
      else if (answer.body !== '' && answer.body !== 'PONG') JSON.parse(answer.body);
      const token = /"token":"(\w{40,64})"/.exec(answer.body)?.[1];
      if (token !== undefined) tokens[r.below(20)] = token;
    }
    // An early answer with `Connection: close` can be lost when the client is still sending: TCP resets the connection.
    if (framed) assert.ok(result.answers.length === 1 || result.reset, 'not exactly one answer');
    else assert.ok(result.closed, 'the connection hangs');
    if (ending !== 'reset') assert.equal(result.rest, '', 'a broken answer');
  } catch (cause) {
    const logged = server
      .output()
      .split('\n')
      .findLast((line) => line.includes('"level":"error"'));
    throw new Error(`FUZZ_SEED=${seed}: ${shown.join('\n got ')}\n log ${logged}`, { cause });
  }
}

/** A client that does nothing wrong, on a session that nobody else has. */
async function witness(server: ServerProcess, until: number): Promise<number> {
  const ask = async (method: string, target: string, body = '') => {
    const { answers } = await exchange(
      server.port,
      request(method, target, [JSON_TYPE, `Authorization: Bearer ${caller.key}`], body),
      { linger: 0, patience: PATIENCE },
    );
    assert.equal(answers[0]?.status, 200, `${method} of a good client got ${JSON.stringify(answers[0])}`);
    return JSON.parse(answers[0].body) as { token: string; r: number; d: { n: number } };
  };
  const { token } = await ask('PUT', '/witness/create/me?ip=1');
  let rounds = 0;
  for (; performance.now() < until; rounds++) {
    await ask('POST', `/witness/set/${token}`, `{"n":${rounds}}`);
    const { r, d } = await ask('GET', `/witness/get/${token}`);
    assert.deepEqual([r, d.n], [rounds + 1, rounds]);
    // Random creates must not make random lists grow without end.
    if (rounds % 40 === 0) for (const app of ['fuz', 'FUZ_2']) await ask('DELETE', `/${app}/killall`);
    await sleep(50);
  }
  return rounds;
}

describe('random requests', () => {
  test('get JSON and never a 5xx, never hang, cost others nothing and leave no memory behind', async (t) => {
    // A heap this small turns a leak into an end within a long run.
    caller.key = newKey();
    const server = await startServer(t, {
      ...STORE,
      RS_API_KEYS: `fuzz:${hashKey(caller.key)}:*:verify,read,write,revoke,admin`,
      RS_LOGLEVEL: 'debug',
      NODE_OPTIONS: '--max-old-space-size=128',
    });
    const until = performance.now() + SECONDS * 1000;
    let next = SEED;
    const memory: number[] = [];
    const client = async () => {
      while (performance.now() < until) await wireCase(server, next++);
    };
    const watch = async () => {
      for (; performance.now() < until; await sleep(250)) memory.push(memoryOf(server) ?? 0);
    };
    const [rounds] = await Promise.all([witness(server, until), watch(), ...Array.from({ length: CLIENTS }, client)]);
    const [middle, end] = [memory.slice(memory.length / 2, memory.length * 0.75), memory.slice(memory.length * 0.75)];
    const grown = Math.max(...end) - Math.max(...middle);
    const most = Math.max(...memory);
    t.diagnostic(`FUZZ_SEED=${SEED}: ${next - SEED} requests, ${rounds} good rounds, at most ${Math.round(most)} MB`);
    assert.ok(most < 400, `the server took ${most} MB`);
    assert.ok(grown < 64, `the server grew by ${grown} MB in the last quarter`);
    await assertHealthy(server);
    for (const secret of [...tokens, caller.key])
      assert.ok(!server.output().includes(secret), 'a secret is in the log');
  });
});

const STRING = '"(?:[^"\\\\]|\\\\.)*"';
const ODD_TEXT = ['', '"', ',', '}', '\\', '0', '-', 'e', '\ufeff', ' ', '\ud800', '/'];

/** What the reader is to do, by JSON.parse and the differences that json-text.ts documents. */
function expected(text: string): 'object' | 'array' | 'refused' {
  const value = parsed(text);
  if (typeof value !== 'object' || value === null) return 'refused';
  let depth = 0;
  for (const [token] of text.matchAll(new RegExp(`${STRING}|-?\\d[\\d.eE+-]*|[[{\\]}]`, 'gs'))) {
    if (token === '[' || token === '{') depth++;
    else if (token === ']' || token === '}') depth--;
    else if (token.startsWith('"') && !(JSON.parse(token) as string).isWellFormed()) return 'refused';
    else if (!token.startsWith('"') && !Number.isFinite(Number(token))) return 'refused';
    if (depth > MAX_DEPTH) return 'refused';
  }
  return Array.isArray(value) ? 'array' : 'object';
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Gives what the reader makes of a text: compact text, null for an array. Absence: undefined when it refuses. */
function readCompact(text: string): string | null | undefined {
  try {
    const members = readObject(text);
    return members && writeObject(members);
  } catch (error) {
    if (error instanceof ServiceError && /^invalid_(?:json|value)$/.test(error.code)) return undefined;
    throw error;
  }
}

function countKeys(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const own = Array.isArray(value) ? 0 : Object.keys(value).length;
  return Object.values(value).reduce((sum: number, item) => sum + countKeys(item), own);
}

function jsonCase(seed: number): void {
  const r = new Chance(seed);
  let text = randomJson(r, 0);
  if (r.percent(30)) {
    const at = r.below(text.length + 1);
    text = text.slice(0, at) + r.pick(ODD_TEXT) + text.slice(at + r.below(2));
  }
  const about = `FUZZ_SEED=${seed}: ${JSON.stringify(text)}`;
  const compact = readCompact(text);
  const kind = compact === undefined ? 'refused' : compact === null ? 'array' : 'object';
  assert.equal(kind, expected(text), about);
  if (typeof compact !== 'string') return;
  const value: unknown = JSON.parse(text);
  assert.equal(JSON.stringify(JSON.parse(compact)), JSON.stringify(value), about);
  assert.equal(readCompact(compact), compact, `${about} is not stable`);
  const stripped = text.replace(new RegExp(`(${STRING})|[ \\t\\r\\n]+`, 'gs'), '$1');
  const written = stripped.replace(new RegExp(STRING, 'gs'), '').split(':').length - 1;
  // Without duplicate keys, nothing but space may be gone: numbers and escapes are as they were sent.
  if (countKeys(value) === written) assert.equal(compact, stripped, about);
}

describe('the JSON reader', () => {
  test('agrees with JSON.parse, apart from what it refuses on purpose', (t) => {
    const until = performance.now() + SECONDS * 250;
    let next = SEED;
    for (; performance.now() < until || next - SEED < 5000; next++) jsonCase(next);
    t.diagnostic(`FUZZ_SEED=${SEED}: ${next - SEED} texts`);
  });

  // Two million bytes, far more than a request may have: work that grows with the square would never end.
  const hostile: readonly (readonly [what: string, text: string])[] = [
    ['empty arrays', `{"a":[${'[],'.repeat(660_000)}[]]}`],
    ['one long number', `{"a":0.${'9'.repeat(2_000_000)}}`],
    ['one long string of escapes', `{"a":"${'\\u0041'.repeat(330_000)}"}`],
    ['nothing but space', `{${' '.repeat(2_000_000)}}`],
    ['wide levels of depth', `${`{"b":[${'1,'.repeat(32_000)}1],"a":`.repeat(31)}1${'}'.repeat(31)}`],
  ];
  for (const [what, text] of hostile) {
    test(`reads megabytes of ${what} in time that grows with their length`, () => {
      assert.notEqual(readCompact(text), undefined);
    });
  }

  // What stands at the end would be refused as no JSON, if it were ever read.
  const crowded: readonly (readonly [what: string, text: string])[] = [
    ['duplicate keys', `{${'"a":1,'.repeat(9990)}#`],
    ['different keys', `{${Array.from({ length: 6000 }, (_, i) => `"${i}":1`).join()},#`],
    ['escaped keys', `{${'"\\u0061":1,'.repeat(4990)}#`],
  ];
  for (const [what, text] of crowded) {
    test(`refuses 60,000 bytes of ${what} as soon as there are too many`, () => {
      assert.throws(
        () => readObject(text),
        (error) => error instanceof ServiceError && error.code === 'invalid_value',
      );
    });
  }
});
