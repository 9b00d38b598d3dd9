/**
 * A client for bytes that no HTTP library would send: it writes what it is given, in parts if wanted, and takes apart
 * what comes back by RFC 9112 alone. It never throws for what the server does: a cut connection is a result to judge.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import type { ServerProcess } from './server.ts';

export type Bytes = string | Buffer;

export interface Answer {
  readonly status: number;
  /** By lower-case name; repeated headers joined with `, `. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

export interface Exchange {
  /** The final answers in order; 1xx are passed over. */
  readonly answers: readonly Answer[];
  /** Bytes after the last complete answer. */
  readonly rest: string;
  /** Whether the server ended the connection before the client gave up or had all it wanted. */
  readonly closed: boolean;
  /** Whether the connection broke while the client was sending or waiting. What was received before counts. */
  readonly reset: boolean;
  /** Units: milliseconds, from the connection to the end of it. */
  readonly total: number;
}

export interface ExchangeOptions {
  /** How many answers to wait for. Default 1. */
  readonly answers?: number;
  /** What the client does once all is sent: nothing, send FIN, or send RST. */
  readonly ending?: 'wait' | 'half-close' | 'reset';
  /** Answers to HEAD have no body. */
  readonly method?: string;
  /** Milliseconds between parts. Default 5. */
  readonly pause?: number;
  /** Milliseconds after the last wanted answer in which one too many is still noticed. Default 30. */
  readonly linger?: number;
  /** Milliseconds until the client gives up. Default 60,000: only what never comes fails. */
  readonly patience?: number;
  /** Over TLS, whatever the certificate. */
  readonly tls?: boolean;
}

/** Text is sent as Latin-1: one character, one byte. */
export const bytes = (text: Bytes): Buffer => (typeof text === 'string' ? Buffer.from(text, 'latin1') : text);

export const HOST = 'Host: localhost';
export const JSON_TYPE = 'Content-Type: application/json';

/** Writes a request that is a request line and a Host. */
export const line = (text: string): string => `${text}\r\n${HOST}\r\n\r\n`;

/** Writes a request with a Host and, when there is a body, its length. */
export function request(method: string, target: string, headers: readonly string[] = [], body: Bytes = ''): Buffer {
  const content = bytes(body);
  const length = content.length === 0 ? [] : [`Content-Length: ${content.length}`];
  const head = [`${method} ${target} HTTP/1.1`, HOST, ...length, ...headers];
  return Buffer.concat([bytes(`${head.join('\r\n')}\r\n\r\n`), content]);
}

/** Sends the parts on one connection and gathers what comes back. */
export function exchange(port: number, parts: Bytes | readonly Bytes[], options: ExchangeOptions = {}) {
  const { answers: wanted = 1, ending = 'wait', method, pause = 5, linger = 30, patience = 60_000, tls } = options;
  return new Promise<Exchange>((resolve) => {
    const where = { port, host: '127.0.0.1', allowHalfOpen: true, rejectUnauthorized: false };
    const socket = tls ? connectTls(where) : connect(where);
    let received = Buffer.alloc(0);
    let reset = false;
    const start = performance.now();
    let timer = setTimeout(() => finish(false), patience);
    const finish = (closed: boolean) => {
      clearTimeout(timer);
      socket.destroy();
      resolve({
        ...readAnswers(received, method),
        closed,
        reset,
        total: performance.now() - start,
      });
    };
    const send = async () => {
      const list = Array.isArray(parts) ? parts : [parts as Bytes];
      for (const [i, part] of list.entries()) {
        if (i > 0) await sleep(pause);
        if (socket.destroyed) return;
        socket.write(bytes(part));
      }
      if (ending === 'half-close') socket.end();
      if (ending === 'reset') socket.resetAndDestroy();
    };
    socket.on(tls ? 'secureConnect' : 'connect', () => void send());
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      if (readAnswers(received, method).answers.length < wanted) return;
      clearTimeout(timer);
      timer = setTimeout(() => finish(false), linger);
    });
    // 'close' follows.
    socket.on('error', () => {
      reset = true;
    });
    // One that is to be reset stays open until then.
    socket.on('end', () => ending !== 'reset' && socket.end());
    socket.on('close', () => finish(true));
  });
}

/** Sends without ever reading what comes back. To be destroyed by the caller. */
export function sendWithoutReading(port: number, sent: Bytes): Socket {
  const socket = connect(port, '127.0.0.1').on('error', () => {});
  socket.pause().write(bytes(sent));
  return socket;
}

function readAnswers(received: Buffer, method?: string): Pick<Exchange, 'answers' | 'rest'> {
  const answers: Answer[] = [];
  let text = received.toString('latin1');
  for (;;) {
    const headEnd = text.indexOf('\r\n\r\n');
    const start = /^HTTP\/1\.1 (\d{3}) /.exec(text);
    if (headEnd < 0 || start === null) return { answers, rest: text };
    const status = Number(start[1]);
    const headers = readHeaders(text.slice(0, headEnd));
    const bodyAt = headEnd + 4;
    let end = bodyAt + Number(headers.get('content-length') ?? 0);
    if (status < 200 || status === 204 || method === 'HEAD') end = bodyAt;
    else if (headers.has('transfer-encoding')) end = text.indexOf('0\r\n\r\n', bodyAt) + 5;
    if (end < bodyAt || text.length < end) return { answers, rest: text };
    const body = Buffer.from(text.slice(bodyAt, end), 'latin1').toString();
    if (status >= 200) answers.push({ status, headers, body });
    text = text.slice(end);
  }
}

function readHeaders(head: string): Map<string, string> {
  const headers = new Map<string, string>();
  for (const line of head.split('\r\n').slice(1)) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    headers.set(name, headers.has(name) ? `${headers.get(name)}, ${value}` : value);
  }
  return headers;
}

/** Checks what holds for every answer, good or bad. `secrets` are texts it must not repeat. */
export function assertAnswer(answer: Answer, secrets: readonly string[] = []): void {
  const { status, headers, body } = answer;
  const shown = `${status} ${JSON.stringify([...headers])} ${body.slice(0, 300)}`;
  assert.ok(status >= 200 && status < 500, `a status that is neither a success nor the client's fault: ${shown}`);
  const type = headers.get('content-type');
  // A 304 has no body that could have a type.
  if (status === 304) assert.deepEqual([type, body], [undefined, ''], shown);
  else if (status < 400 || type !== PROBLEM_TYPE) assert.equal(type, 'application/json; charset=utf-8', shown);
  assert.equal(headers.get('cache-control'), 'no-store', shown);
  assert.equal(headers.has('transfer-encoding'), false, shown);
  const whole = `${[...headers.values()].join('\n')}\n${body}`;
  assert.doesNotMatch(whole, /\n\s+at |node:|node_modules|file:\/\/|\.[jt]s\b|\/work\/|\/src\/|\/dist\//, shown);
  for (const secret of secrets) assert.ok(!whole.includes(secret), `the answer repeats what was sent: ${shown}`);
}

const PROBLEM_TYPE = 'application/problem+json';

/** Checks that an answer is a clear refusal: `{name, message}`, or problem details, with one of the statuses. */
export function assertRefusal(
  answer: Answer | undefined,
  statuses: readonly number[],
  secrets: readonly string[] = [],
) {
  assert.ok(answer !== undefined, 'there is no answer');
  assertAnswer(answer, secrets);
  assert.ok(statuses.includes(answer.status), `${answer.status} instead of ${statuses}: ${answer.body.slice(0, 300)}`);
  const problem = JSON.parse(answer.body) as Record<string, unknown>;
  if (answer.headers.get('content-type') === PROBLEM_TYPE) {
    assert.equal(problem.status, answer.status);
    assert.match(String(problem.code), /^[a-z_]{4,40}$/);
    // It may name a member or parameter as it was sent, but not at any length, and never break its line.
    assert.match(String(problem.detail), /^[^\p{Cc}\p{Zl}\p{Zp}\p{Cs}]{3,300}$/u);
    return;
  }
  assert.deepEqual(Object.keys(problem), ['name', 'message']);
  assert.match(String(problem.name), /^[a-z][A-Za-z]{3,40}$/);
  assert.match(String(problem.message), /^[ -~]{3,200}$/);
}

/** Checks that the server still answers and that its log tells of no fault. */
export async function assertHealthy(server: ServerProcess): Promise<void> {
  const { answers } = await exchange(server.port, request('GET', '/ping'));
  assert.equal(answers[0]?.body, 'PONG', `the server does not answer; its output:\n${server.output().slice(-2000)}`);
  assert.equal(server.child.exitCode, null);
  assert.doesNotMatch(server.output(), /"level":"(?:error|fatal)"|\n\s+at |Error|Warning|aborted/);
}

/** Gives the memory of the process that is not a file's, in MB. Absence: null where the system does not tell. */
export function memoryOf(server: ServerProcess): number | null {
  try {
    const status = readFileSync(`/proc/${server.child.pid}/status`, 'utf8');
    return Number(/RssAnon:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
  } catch {
    return null;
  }
}
