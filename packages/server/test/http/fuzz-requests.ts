/**
 * Random requests, all made of one number: well framed or mangled, on routes old and new, with what an attacker would put
 * into them. What is a right answer, fuzz.test.ts says.
 */
import { deflateSync, gzipSync } from 'node:zlib';
import { MAX_DEPTH } from '../../src/core/json-text.ts';
import type { Chance } from '../support/chance.ts';
import { type Bytes, bytes, HOST, JSON_TYPE, request } from '../support/raw-client.ts';

const list = (text: string) => text.split('|');
export const METHODS = list('GET|GET|PUT|PUT|POST|DELETE|OPTIONS|PATCH|TRACE|QUERY|M-SEARCH');
const APPS = list('fuz|FUZ_2|a|%66uz|..|__proto__|xxxxxxxxxxxxxxxxxxxxx|');
const WORDS = list('create|get|set|activity|soapp|soid|kill|killsoid|killall|ping|livez|readyz|CREATE|Get|constructor');
const NASTY = list('%|%zz|%ff|%00|%0d%0a|%ed%a0%80|%e2%80%a8|%F0%9F%98%80|..|%2f|#|?|&|=|+');
const QUERY = list('ip|ttl|dt|ip[]|a[__proto__]|__proto__|i%70||toString');
/** What comes after the app in a v1 path; `@` stands for a name. */
const V1 = [
  ...list('sessions|sessions|session|session|session/data|session/touch|session/rotate|sessions:verify|sessions/@'),
  ...list('session/fields|sessions:ids|sessions:count|subjects/@/sessions:ids|subjects/@/sessions:count'),
  ...list('subjects/@/sessions|activity||session/|SESSION|sessions:|session/@'),
];
/** Requests that are right, `@` a user and `#` a token: random ones alone would hardly get past the first check. */
const RIGHT: readonly (readonly [method: string, target: string])[] = [
  ['PUT', '/fuz/create/@?ip=1'],
  ['GET', '/fuz/get/#'],
  ['POST', '/fuz/set/#'],
  ['GET', '/fuz/soid/@'],
  ['GET', '/fuz/soapp?dt=600'],
  ['DELETE', '/fuz/kill/#'],
  ['POST', '/v1/apps/fuz/sessions'],
  ['POST', '/v1/apps/fuz/sessions'],
  ['GET', '/v1/apps/fuz/session'],
  ['PATCH', '/v1/apps/fuz/session'],
  ['PUT', '/v1/apps/fuz/session'],
  ['PUT', '/v1/apps/fuz/session/data'],
  ['PATCH', '/v1/apps/fuz/session/data'],
  ['POST', '/v1/apps/fuz/session/touch'],
  ['POST', '/v1/apps/fuz/session/rotate'],
  ['DELETE', '/v1/apps/fuz/session'],
  ['GET', '/v1/apps/fuz/sessions'],
  ['GET', '/v1/apps/fuz/sessions:ids'],
  ['GET', '/v1/apps/fuz/subjects/@/sessions:count'],
  ['GET', '/v1/apps/fuz/activity'],
  ['GET', '/v1/apps/fuz/subjects/@/sessions'],
  ['DELETE', '/v1/apps/fuz/subjects/@/sessions'],
  ['POST', '/v1/apps/fuz/sessions:verify'],
  ['POST', '/v1/introspect'],
];
const V1_QUERY = list('activeWithin|subject|cursor|limit|view|touch|fields|within|except|confirm|dryRun|Touch|limit[]');
const V1_VALUES = list('true|false|ids|count|fuz|data.a|data.a.b,subject|0.5|data.__proto__');
const MEMBERS = [
  ...list('subject|data|ip|userAgent|label|idleTimeout|absoluteTimeout|token|grace|set|unset|tokens|touch'),
  ...list('version|__proto__|id|Subject'),
];
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
const V1_HEADERS = list(
  'If-Match: *|If-Match: "1"|If-Match: W/"1"|If-Match: 1|If-Match: "x", "2"|If-None-Match: *|If-None-Match: "1"|Idempotency-Key: k1|Idempotency-Key: \xff|Idempotency-Key: |Content-Type: application/merge-patch+json|Content-Type: application/x-www-form-urlencoded|Session-Token: |Session-Token: a b|Session-Token: \xe9',
);
const KEYS = list('Bearer |Bearer rsk_x|Basic !|Basic eDp5|Digest x|Bearer \xff|bearer');
const ODD_BYTES = ['\0', '\r', '\n', '\r\n', ' ', ':', '\t', '%', '\xff', '0', '-', ',', '\r\n\r\n'];
const IN_STRINGS = list('a|Z|9|é|😀|\\n|\\u0041|\\ud83d\\ude00|\\"|\\\\|\\/| |\u2028|{|]|:|__proto__');

export interface Case {
  readonly sent: Buffer;
  readonly method: string;
}

/** Whose key most requests show. */
export const caller = { key: '' };

/** What random requests take for tokens; those of the last creates among them. */
export const tokens: string[] = Array.from({ length: 20 }, () => 'A'.repeat(64));

function randomTarget(r: Chance): string {
  const name = () =>
    r.pick([
      () => r.pick(tokens),
      () => `u${r.below(50)}`,
      () => r.many(6, () => r.pick([...NASTY, 'a', 'Z', '-'])),
      () => 'u'.repeat(r.below(200)),
    ])();
  if (r.percent(45)) return randomV1Target(r, name);
  const parts = r.percent(85) ? [r.pick(APPS), r.pick(WORDS), name()] : Array.from({ length: r.below(6) }, name);
  if (r.percent(20)) parts.pop();
  const query = r.many(4, () => `${r.pick(QUERY)}=${r.percent(80) ? r.pick(VALUES) : r.pick(NASTY)}&`);
  const common = r.percent(60) ? 'ip=1&dt=600&' : '';
  return `${r.percent(3) ? 'http://x' : ''}/${parts.join('/')}${r.percent(5) ? '/' : ''}?${common}${query}`;
}

function randomV1Target(r: Chance, name: () => string): string {
  const base = r.percent(92)
    ? `/v1/apps/${r.percent(80) ? 'fuz' : r.pick(APPS)}/${r.pick(V1).replace('@', name)}`
    : r.pick(['/v1/introspect', '/v1/apps', '/v1', '/v1/', `/v1/${name()}`, '/openapi.json']);
  const value = () => r.pick([...V1_VALUES, ...VALUES, r.pick(NASTY)]);
  return `${base}?${r.many(3, () => `${r.pick(V1_QUERY)}=${value()}&`)}`;
}

/** A body as v1 wants it, but for what it holds. */
function randomV1Body(r: Chance): string {
  const value = () =>
    r.pick([
      () => randomJson(r, 1),
      () => r.pick(['null', '60', '-1', '0.5', '"fuz"', 'true']),
      () => `"${r.pick(tokens)}"`,
    ])();
  const members = Array.from({ length: r.below(4) }, () => `"${r.pick(MEMBERS)}":${value()}`);
  if (r.percent(50)) members.push(`"subject":"u${r.below(50)}"`);
  if (r.percent(20)) members.push(`"tokens":["${r.pick(tokens)}","${r.pick(tokens)}x"]`);
  return `{${members.join(',')}}`;
}

function randomBody(r: Chance): Bytes {
  const kind = r.below(20);
  if (kind < 5) return '';
  if (kind < 9) return Buffer.from(randomV1Body(r));
  if (kind < 10) return `token=${r.pick(tokens)}&app=${r.pick(APPS)}`;
  if (kind < 14) return Buffer.from(randomJson(r, 0), r.percent(95) ? 'utf8' : 'utf16le');
  if (kind < 16) return r.percent(50) ? gzipSync(randomJson(r, 0)) : deflateSync(randomJson(r, 0));
  if (kind < 17) return gzipSync(Buffer.alloc(r.below(3_000_000)));
  if (kind < 18) return '['.repeat(r.below(70_000));
  return r.many(200, () => String.fromCharCode(r.below(256)));
}

/** A request that is right, or nearly: each part may be of the other kind. */
function almostRight(r: Chance): { method: string; target: string; headers: string[]; body: Buffer } {
  const [method, path] = r.pick(RIGHT);
  const right = path.replace('@', `u${r.below(50)}`).replace('#', r.pick(tokens));
  const query = `${right.includes('?') ? '&' : '?'}${r.pick(V1_QUERY)}=${r.pick([...V1_VALUES, ...VALUES])}`;
  const target = r.percent(80) ? right : right + query;
  const headers = [`Session-Token: ${r.pick(tokens)}`];
  if (r.percent(20)) headers.push(r.pick(V1_HEADERS));
  const introspects = path === '/v1/introspect' && r.percent(80);
  if (introspects) headers.push('Content-Type: application/x-www-form-urlencoded');
  const bodies = [
    () => (path.startsWith('/v1') ? randomV1Body(r) : randomJson(r, 0)),
    () => (r.percent(50) ? '' : `{"subject":"u${r.below(50)}"}`),
    () => `{"data":${randomJson(r, 1)}}`,
    () => `{"set":{"k${r.below(9)}":${randomJson(r, 2)}}}`,
  ];
  const body = method === 'GET' ? '' : introspects ? `token=${r.pick(tokens)}` : r.pick(bodies)();
  return { method, target, headers, body: Buffer.from(body) };
}

function anything(r: Chance, methods: readonly string[]): ReturnType<typeof almostRight> {
  const headers = Array.from({ length: r.below(4) }, () => r.pick(HEADERS));
  if (r.percent(50)) headers.push(`Session-Token: ${r.pick(tokens)}`);
  if (r.percent(25)) headers.push(r.pick(V1_HEADERS));
  return { method: r.pick(methods), target: randomTarget(r), headers, body: bytes(randomBody(r)) };
}

/** A request that is complete by its own account: it gets exactly one answer, whatever is in it. */
export function wellFramed(r: Chance, methods: readonly string[]): Case {
  const { method, target, headers, body } = r.percent(50) ? almostRight(r) : anything(r, methods);
  if (!headers.some((header) => header.startsWith('Content-Type'))) headers.push(JSON_TYPE);
  headers.push(r.percent(92) ? `Authorization: Bearer ${caller.key}` : `Authorization: ${r.pick(KEYS)}`);
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
export function mangled(r: Chance): Buffer {
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

export function fragments(r: Chance, sent: Buffer): Buffer[] {
  if (r.percent(70)) return [sent];
  const cuts = Array.from({ length: 1 + r.below(3) }, () => r.below(sent.length)).sort((a, b) => a - b);
  return [...cuts, sent.length].map((cut, i) => sent.subarray(cuts[i - 1] ?? 0, cut));
}

/** JSON text with odd spacing, escapes, numbers and duplicate keys; sometimes not JSON at all. */
export function randomJson(r: Chance, depth: number): string {
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
