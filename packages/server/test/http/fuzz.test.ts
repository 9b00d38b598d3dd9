/**
 * G11 by chance: random requests against the built server, random texts against the JSON reader. Every case is made from
 * one number, and the cases of a run from consecutive ones: the message of a failure names the FUZZ_SEED with which the
 * failing case comes first. FUZZ_SECONDS makes the run longer.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { deflateSync, gzipSync } from 'node:zlib';
import { ServiceError } from '../../src/core/errors.ts';
import { MAX_DEPTH, readObject, writeObject } from '../../src/core/json-text.ts';
import {
  assertAnswer,
  assertHealthy,
  assertRefusal,
  type Bytes,
  bytes,
  exchange,
  HOST,
  JSON_TYPE,
  memoryOf,
  request,
} from '../support/raw-client.ts';
import { type ServerProcess, startServer } from '../support/server.ts';

const SECONDS = Number(process.env.FUZZ_SECONDS ?? 6);
const SEED = Number(process.env.FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 31));
/** Units: milliseconds. Generous: only a hang is to fail on a busy machine. */
const PATIENCE = 5000;
const CLIENTS = 3;

/** Numbers from a seed (mulberry32). */
class Chance {
  private state: number;

  constructor(seed: number) {
    this.state = Math.imul(seed, 0x9e3779b1);
  }

  below(limit: number): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * limit);
  }

  percent(n: number): boolean {
    return this.below(100) < n;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }

  /** Up to `max` pieces. */
  many(max: number, piece: () => string): string {
    return Array.from({ length: this.below(max + 1) }, piece).join('');
  }
}

const list = (text: string) => text.split('|');
const METHODS = list('GET|GET|PUT|PUT|POST|DELETE|OPTIONS|PATCH|TRACE|QUERY|M-SEARCH');
const APPS = list('fuz|FUZ_2|a|%66uz|..|__proto__|xxxxxxxxxxxxxxxxxxxxx|');
const WORDS = list('create|get|set|activity|soapp|soid|kill|killsoid|killall|ping|livez|readyz|CREATE|Get|constructor');
const NASTY = list('%|%zz|%ff|%00|%0d%0a|%ed%a0%80|%e2%80%a8|%F0%9F%98%80|..|%2f|#|?|&|=|+');
const QUERY = list('ip|ttl|dt|ip[]|a[__proto__]|__proto__|i%70||toString');
const VALUES = list('1|10|7200|0|-1|1e3|99999999999|2147483647|unknown|::1|+|%0a|%|');
const HEADERS = [
  ...list('Connection: close|Connection: keep-alive|Connection: Upgrade|Upgrade: h2c|Expect: 100-continue|Expect: x'),
  ...list(
    'Content-Type: text/plain|Content-Type: application/json; charset=utf-16|Content-Type: ;;=|Content-Type: \xff',
  ),
  ...list(
    'Content-Encoding: identity|Content-Encoding: gzip|Content-Encoding: deflate|Content-Encoding: br|Range: bytes=0-1',
  ),
  ...list(
    'Cookie: a=b|Accept: text/html|__proto__: x|constructor: y|TE: trailers|Trailer: A|Transfer-Encoding-: chunked',
  ),
  `A: ${'b'.repeat(4000)}`,
];
const ODD_BYTES = ['\0', '\r', '\n', '\r\n', ' ', ':', '\t', '%', '\xff', '0', '-', ',', '\r\n\r\n'];
const IN_STRINGS = list('a|Z|9|é|😀|\\n|\\u0041|\\ud83d\\ude00|\\"|\\\\|\\/| |\u2028|{|]|:|__proto__');

interface Case {
  readonly sent: Buffer;
  readonly method: string;
}

/** What random requests take for tokens; those of the last creates among them. */
const tokens: string[] = Array.from({ length: 20 }, () => 'A'.repeat(64));

function randomTarget(r: Chance): string {
  const name = () =>
    r.pick([
      () => r.pick(tokens),
      () => `u${r.below(50)}`,
      () => r.many(6, () => r.pick([...NASTY, 'a', 'Z', '-'])),
      () => 'u'.repeat(r.below(200)),
    ])();
  const parts = r.percent(85) ? [r.pick(APPS), r.pick(WORDS), name()] : Array.from({ length: r.below(6) }, name);
  if (r.percent(20)) parts.pop();
  const query = r.many(4, () => `${r.pick(QUERY)}=${r.percent(80) ? r.pick(VALUES) : r.pick(NASTY)}&`);
  const common = r.percent(60) ? 'ip=1&dt=600&' : '';
  return `${r.percent(3) ? 'http://x' : ''}/${parts.join('/')}${r.percent(5) ? '/' : ''}?${common}${query}`;
}

function randomBody(r: Chance): Bytes {
  const kind = r.below(20);
  if (kind < 6) return '';
  if (kind < 14) return Buffer.from(randomJson(r, 0), r.percent(95) ? 'utf8' : 'utf16le');
  if (kind < 16) return r.percent(50) ? gzipSync(randomJson(r, 0)) : deflateSync(randomJson(r, 0));
  if (kind < 17) return gzipSync(Buffer.alloc(r.below(3_000_000)));
  if (kind < 18) return '['.repeat(r.below(70_000));
  return r.many(200, () => String.fromCharCode(r.below(256)));
}

/** A request that is complete by its own account: it gets exactly one answer, whatever is in it. */
function wellFramed(r: Chance, methods: readonly string[]): Case {
  const method = r.pick(methods);
  const target = randomTarget(r);
  const body = bytes(randomBody(r));
  const headers = Array.from({ length: r.below(4) }, () => r.pick(HEADERS));
  if (!headers.some((header) => header.startsWith('Content-Type'))) headers.push(JSON_TYPE);
  if (r.percent(75)) return { method, sent: request(method, target, headers, body) };
  const chunks: Buffer[] = [];
  for (let at = 0; at < body.length; ) {
    const chunk = body.subarray(at, at + 1 + r.below(body.length));
    chunks.push(bytes(`${chunk.length.toString(16)}${r.percent(5) ? ';x=y' : ''}\r\n`), chunk, bytes('\r\n'));
    at += chunk.length;
  }
  const head = `${method} ${target} HTTP/1.1\r\n${[HOST, ...headers, 'Transfer-Encoding: chunked'].join('\r\n')}\r\n\r\n`;
  return {
    method,
    sent: Buffer.concat([bytes(head), ...chunks, bytes(r.percent(5) ? '0\r\nA: b\r\n\r\n' : '0\r\n\r\n')]),
  };
}

/** One to three requests with a few bytes changed: nobody knows how many answers are right, only what they look like. */
function mangled(r: Chance): Buffer {
  let sent = Buffer.concat(Array.from({ length: 1 + r.below(3) }, () => wellFramed(r, METHODS).sent));
  for (let i = 0; i <= r.below(4); i++) {
    const at = r.below(r.percent(70) ? Math.min(sent.length, 300) : sent.length);
    const to = at + r.below(r.percent(80) ? 4 : 400);
    const odd = bytes(r.percent(60) ? r.pick(ODD_BYTES) : String.fromCharCode(r.below(256)));
    const [before, cut, after] = [sent.subarray(0, at), sent.subarray(at, to), sent.subarray(to)];
    const pieces = r.pick([[odd], [odd, cut], [], [cut, cut]]);
    sent = Buffer.concat(r.percent(90) ? [before, ...pieces, after] : [before, ...pieces]);
  }
  return sent;
}

function fragments(r: Chance, sent: Buffer): Buffer[] {
  if (r.percent(70)) return [sent];
  const cuts = Array.from({ length: 1 + r.below(3) }, () => r.below(sent.length)).sort((a, b) => a - b);
  return [...cuts, sent.length].map((cut, i) => sent.subarray(cuts[i - 1] ?? 0, cut));
}

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
      const token = /"token":"(\w{64})"/.exec(answer.body)?.[1];
      if (token !== undefined) tokens[r.below(20)] = token;
    }
    // An early answer with `Connection: close` can be lost when the client is still sending: TCP resets the connection.
    if (framed) assert.ok(result.answers.length === 1 || result.reset, 'not exactly one answer');
    else assert.ok(result.closed, 'the connection hangs');
    if (ending !== 'reset') assert.equal(result.rest, '', 'a broken answer');
  } catch (cause) {
    throw new Error(`FUZZ_SEED=${seed}: ${shown.join('\n got ')}`, { cause });
  }
}

/** A client that does nothing wrong, on a session that nobody else has. */
async function witness(server: ServerProcess, until: number): Promise<number> {
  const ask = async (method: string, target: string, body = '') => {
    const { answers, elapsed } = await exchange(server.port, request(method, target, [JSON_TYPE], body), { linger: 0 });
    assert.equal(answers[0]?.status, 200, `${method} of a good client got ${JSON.stringify(answers[0])}`);
    assert.ok(elapsed < PATIENCE / 2, `a good client waited ${Math.round(elapsed)} ms`);
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
    const server = await startServer(t, { RS_LOGLEVEL: 'debug', NODE_OPTIONS: '--max-old-space-size=128' });
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
    for (const token of tokens) assert.ok(!server.output().includes(token), 'a token is in the log');
  });
});

/** JSON text with odd spacing, escapes, numbers and duplicate keys; sometimes not JSON at all. */
function randomJson(r: Chance, depth: number): string {
  const space = () => (r.percent(80) ? '' : r.percent(99) ? r.pick([' ', '\n', '\t\r']) : '\u00a0');
  const bad = () => r.pick(['\\ud800', '\ud800', '\\x', '\\u12', '\u0000', '\n', '"']);
  const string = () => `"${r.many(4, () => (r.percent(99) ? r.pick(IN_STRINGS) : bad()))}"`;
  const digits = () => r.many(r.percent(5) ? 30 : 3, () => String(r.below(10)));
  const number = () =>
    (r.percent(25) ? '-' : '') +
    (r.percent(98) ? `${1 + r.below(99)}` : `0${digits()}`) +
    (r.percent(97) ? r.pick(['', `.${digits()}0`, `e${r.below(150)}`, `E-${digits()}1`]) : r.pick(['.', 'e', 'e+999']));
  const items = (item: () => string) =>
    Array.from({ length: r.below(5) }, () => `${space()}${item()}${space()}`).join(r.percent(98) ? ',' : ',,');
  const value = (): string =>
    r.pick([
      string,
      number,
      () => r.pick(r.percent(97) ? ['true', 'false', 'null'] : ['nul', 'NaN', '']),
      () => randomJson(r, depth + 1),
    ])();
  if (r.percent(1)) return '['.repeat(MAX_DEPTH - depth + r.below(3)) + ']'.repeat(MAX_DEPTH - depth + r.below(3));
  if (depth > 6) return '{}';
  const object = depth === 0 ? r.percent(90) : r.percent(50);
  return object ? `{${items(() => `${string()}${space()}:${space()}${value()}`)}}` : `[${items(value)}]`;
}

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

  const hostile: readonly (readonly [what: string, text: string])[] = [
    ['empty arrays', `{"a":[${'[],'.repeat(19_900)}[]]}`],
    ['one long number', `{"a":0.${'9'.repeat(59_000)}}`],
    ['one long string of escapes', `{"a":"${'\\u0041'.repeat(9900)}"}`],
    ['nothing but space', `{${' '.repeat(59_990)}}`],
    ['wide levels of depth', `${`{"b":[${'1,'.repeat(800)}1],"a":`.repeat(31)}1${'}'.repeat(31)}`],
  ];
  for (const [what, text] of hostile) {
    test(`reads 60,000 bytes of ${what} in far less than the 100 ms of an answer`, () => {
      const start = performance.now();
      assert.notEqual(readCompact(text), undefined);
      assert.ok(performance.now() - start < 500);
    });
  }

  const crowded: readonly (readonly [what: string, text: string])[] = [
    ['duplicate keys', `{${'"a":1,'.repeat(9990)}"a":2}`],
    ['different keys', `{${Array.from({ length: 6000 }, (_, i) => `"${i}":1`).join()}}`],
    ['escaped keys', `{${'"\\u0061":1,'.repeat(4990)}"a":2}`],
  ];
  for (const [what, text] of crowded) {
    test(`refuses 60,000 bytes of ${what} as soon as there are too many`, () => {
      const start = performance.now();
      assert.equal(readCompact(text), undefined);
      assert.ok(performance.now() - start < 100);
    });
  }
});
