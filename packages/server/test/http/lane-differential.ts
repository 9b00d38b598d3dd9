/**
 * The fast lane against the ordinary way: the same conversations with two servers that differ in nothing else, on stores
 * with the same sessions. The bytes that come back must be the same but for the date, and so must what is left in the
 * stores, what the request log says, and which faults were told.
 */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { DEFAULT_POLICY } from '../../src/core/policy.ts';
import type { Session } from '../../src/core/session.ts';
import { Sessions } from '../../src/core/sessions.ts';
import { newSessionId, newToken, parseToken } from '../../src/core/token.ts';
import { createApp, guardedRoutes } from '../../src/http/app.ts';
import { HostRule } from '../../src/http/guards/host-rule.ts';
import { FastLane } from '../../src/http/hot/fast-lane.ts';
import { NodeServer } from '../../src/http/sockets/node-server.ts';
import { RateLimiter } from '../../src/limits/rate-limiter.ts';
import { MemoryStore } from '../../src/stores/memory/memory-store.ts';
import { Chance } from '../support/chance.ts';
import { conversation, type Subject, TRACE_ID } from './lane-requests.ts';

const CLIENTS = 100;
const NOW = 1_800_000_000_000;
/**
 * After so long without a byte the client has said all it will: a head or a body may have been left open. Units: milliseconds;
 * and turns of the event loop, of which a busy one has few.
 */
const SILENCE = { time: 1500, turns: 50 };

/** How long a client waits for an answer before it goes on. Units: milliseconds. */
const ANSWERED = 30;

/** How a pair of servers is set up: with keys and limits, or open. */
export type Setup = 'keys' | 'open';

interface World {
  readonly store: MemoryStore;
  readonly port: number;
  /** What was logged and told, by the app it is about. */
  readonly told: string[];
  readonly stop: () => Promise<void>;
}

async function open(setup: Setup, hasLane: boolean): Promise<World> {
  const store = new MemoryStore();
  const told: string[] = [];
  const sessions = new Sessions(late(store), () => DEFAULT_POLICY);
  const clock = () => NOW;
  const options = {
    sessions,
    clock,
    isStopping: () => false,
    // A key is good when it says so, and each is a caller of its own.
    authenticate:
      setup === 'open'
        ? null
        : ({ key }: { key: string | null }) =>
            key?.startsWith('good')
              ? { name: key, apps: '*' as const, scopes: new Set(['verify', 'write', 'revoke'] as const) }
              : null,
    wrongKeys: {
      note: () => {
        told.push('a wrong key');
        return null;
      },
    },
    rateLimits:
      setup === 'open'
        ? null
        : {
            key: new RateLimiter({ perSecond: 1, burst: 40 }, 1e6),
            app: new RateLimiter({ perSecond: 1, burst: 45 }, 1e6),
            misses: new RateLimiter({ perSecond: 1, burst: 12 }, 1e6),
            onMisses: (key: string) => void told.push(`${key} guesses`),
          },
    onFault: (error: unknown) => void told.push(`fault: ${error}`),
  };
  const routes = guardedRoutes(options);
  const server = new NodeServer({
    app: createApp(options, routes),
    lane: hasLane ? new FastLane(routes, options.onFault) : null,
    // The status is in the bytes, too; whether a client was gone before it (499) is a matter of luck on either way.
    onRequest: ({ duration: _, status: _same, ...line }) => void told.push(withoutDrawn(JSON.stringify(line))),
    tls: null,
    maxConcurrent: 1000,
    hosts: setup === 'open' ? new HostRule([]) : null,
  });
  return { store, told, port: await server.listen('127.0.0.1', 0), stop: () => server.stop() };
}

/**
 * A store whose reads take a turn of the event loop, as those of a real one do; those of some sessions take none. It has no room for more
 * sessions: a token that is drawn would be another on each.
 */
function late(store: MemoryStore): MemoryStore {
  return new Proxy(store, {
    get: (target, name) => {
      if (name === 'create') return () => Promise.resolve({ kind: 'full' });
      if (name !== 'get') return (Reflect.get(target, name) as () => unknown).bind?.(target);
      return async (...args: Parameters<MemoryStore['get']>) => {
        if (args[1].hash.charCodeAt(3) % 2 === 0) await nextTurn();
        return target.get(...args);
      };
    },
  });
}

async function about(r: Chance, seed: number, worlds: readonly World[]): Promise<Subject> {
  // So far from all others that no mangled byte leads to one of them.
  const app = `f${Array.from({ length: 12 }, () => r.below(36).toString(36)).join('')}`;
  const tokens: string[] = [];
  for (const kind of ['classic', 'standard', 'classic'] as const) {
    const subject = `u${seed}`;
    const id = newSessionId(subject);
    const { token, credential } = newToken(id, kind);
    tokens.push(token);
    // The last one opens nothing.
    if (tokens.length === 3) break;
    const session: Session = {
      ...{ id, app, subject, createdAt: NOW - 1000, authenticatedAt: NOW - 1000, lastSeenAt: NOW - 1000 },
      ...{
        idleTimeout: 7_200_000,
        absoluteExpiresAt: null,
        version: 1,
        reads: 1,
        ip: '1',
        userAgent: null,
        label: null,
      },
      data: r.pick(['{}', '{"a":{"b":"é😀"}}', `{"a":"${'x'.repeat(r.below(9000))}"}`]),
    };
    for (const { store } of worlds) await store.create(session, credential, null, NOW);
  }
  return { app, key: `good${app}`, tokens };
}

interface Heard {
  readonly text: string;
  /** The server refused and closed while the client was sending: what it wrote last may be lost on the way (TCP). */
  readonly isReset: boolean;
}

/**
 * What ends a connection on which no request can be read any more. Whether it still reaches the client is a matter of luck on
 * either way: the server closes while the client is sending, and TCP then drops what was on its way. And its form is that of
 * the path, when that came in the read that was refused.
 */
const LAST_REFUSAL = /^HTTP\/1\.1 (4\d\d) [\s\S]*\r\nConnection: close\r\n[\s\S]*\}$/;

/** Gives what was heard before such a refusal, and its status. Absence: undefined without one. */
function apart(text: string): [before: string, status: string | undefined] {
  const at = text.lastIndexOf('HTTP/1.1 4');
  const status = at < 0 ? undefined : LAST_REFUSAL.exec(text.slice(at))?.[1];
  return [status === undefined ? text : text.slice(0, at), status];
}

const TOO_SLOW = 'HTTP/1.1 408 ';

/** Tells whether two clients have heard the same, as far as they could hear. */
function isSame(one: Heard, other: Heard): boolean {
  if (one.text === other.text) return true;
  // On a machine that is busy elsewhere a client with very many pieces takes longer than the server waits for a head.
  if (one.text.includes(TOO_SLOW) || other.text.includes(TOO_SLOW)) return true;
  const [[before, status], [otherBefore, otherStatus]] = [apart(one.text), apart(other.text)];
  if (before === otherBefore && (status === otherStatus || status === undefined || otherStatus === undefined))
    return true;
  return (one.isReset && other.text.startsWith(one.text)) || (other.isReset && one.text.startsWith(other.text));
}

/** Ids of requests that the servers drew are other ones on each. */
function withoutDrawn(text: string): string {
  return text.replace(/\b[0-9a-f]{32}\b/g, (id) => (id === TRACE_ID ? id : 'drawn'));
}

/** Shows where two clients began to hear something else. */
function difference(fast: Heard, ordinary: Heard): string {
  let at = 0;
  while (at < fast.text.length && fast.text[at] === ordinary.text[at]) at++;
  const show = ({ text, isReset }: Heard) =>
    `${text.length} bytes${isReset ? ', reset' : ''}: ${JSON.stringify(text.slice(Math.max(0, at - 400), at + 400))}`;
  return `from byte ${at} on the fast lane says ${show(fast)} and the ordinary way ${show(ordinary)}`;
}

/** Says all of it and gives what came back. */
function talk(port: number, parts: readonly Buffer[], r: Chance): Promise<Heard> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    const received: Buffer[] = [];
    // A head that comes in very many pieces must not take longer than the server waits for it.
    const waits = parts.map(({ length }, i) => (length === 1 ? Number(i % 16 === 0) + 1 : r.below(4)));
    let timer: NodeJS.Timeout | undefined;
    const quiet = () => {
      clearTimeout(timer);
      const before = heard;
      timer = setTimeout(async () => {
        for (let turn = 0; turn < SILENCE.turns; turn++) await nextTurn();
        if (heard === before) socket.end();
      }, SILENCE.time);
    };
    let heard = 0;
    let isReset = false;
    let onHeard = () => {};
    const answered = () =>
      new Promise<void>((done) => {
        onHeard = done;
      });
    const say = async () => {
      for (const [i, part] of parts.entries()) {
        if (socket.destroyed || socket.writableEnded) return;
        socket.write(part);
        // Some wait for an answer, some a turn or two, some not at all.
        if (waits[i] === 0) await Promise.race([answered(), sleep(ANSWERED)]);
        else for (let turn = 1; turn < waits[i]!; turn++) await nextTurn();
      }
      quiet();
    };
    socket.on('connect', () => void say());
    socket.on('data', (chunk) => {
      received.push(chunk);
      heard += chunk.length;
      onHeard();
      if (timer !== undefined) quiet();
    });
    socket.on('error', () => {
      isReset = true;
    });
    socket.on('end', () => socket.end());
    socket.on('close', () => {
      clearTimeout(timer);
      const text = Buffer.concat(received).toString('latin1');
      resolve({ text: withoutDrawn(text.replace(/\r\nDate: [^\r]*/g, '\r\nDate: D')), isReset });
    });
  });
}

/**
 * Has conversations from `seed` on until they held so many requests, and compares. Gives how many there were. Errors: what
 * differs, with the seed of the conversation.
 */
export async function compare(setup: Setup, seed: number, most: number) {
  const worlds = [await open(setup, true), await open(setup, false)];
  let requests = 0;
  let next = seed;
  let hasFailed = false;
  const client = async () => {
    while (requests < most && !hasFailed) {
      const own = next++;
      const r = new Chance(own);
      const subject = await about(r, own, worlds);
      const said = conversation(r, subject);
      requests += said.requests;
      const turns = r.below(2 ** 30);
      const heard = await Promise.all(worlds.map(({ port }) => talk(port, said.parts, new Chance(turns))));
      const fault = () => `FUZZ_SEED=${own} (${setup}): ${JSON.stringify(said.parts.map((part) => `${part}`))}`;
      if (!isSame(heard[0]!, heard[1]!)) assert.fail(`${difference(heard[0]!, heard[1]!)}\n${fault()}`);
      const left = await Promise.all(worlds.map(({ store }) => leftIn(store, subject)));
      if (left[0] !== left[1]) assert.equal(left[0], left[1], fault());
    }
  };
  try {
    await Promise.all(Array.from({ length: CLIENTS }, client));
  } finally {
    hasFailed = true;
    // A request is logged when its connection has closed.
    await Promise.all(worlds.map((world) => world.stop()));
  }
  const [fast, ordinary] = worlds.map(({ told }) => [...told].sort());
  assert.deepEqual(fast, ordinary, `FUZZ_SEED=${seed} (${setup}) and those after it`);
  return { requests, conversations: next - seed };
}

/** What a store has of an app; and takes it away. */
async function leftIn(store: MemoryStore, { app, tokens }: Subject): Promise<string> {
  const left = await Promise.all(tokens.map((token) => store.get(app, parseToken(token), 'look', NOW)));
  await store.revoke(app, { by: 'app' }, NOW);
  return JSON.stringify(left);
}
