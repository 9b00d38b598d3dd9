import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, test } from 'node:test';
import { EventStream, type StreamState } from '../src/api/event-stream.ts';
import type { SseMessage } from '../src/api/sse-parser.ts';

type Serve = (request: IncomingMessage, response: ServerResponse) => void;

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** A stream at a server that answers request by request; timers run when the test says so. */
async function open(serves: readonly Serve[]) {
  const asked: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    asked.push(request.headers['last-event-id'] as string | undefined);
    (serves[asked.length - 1] ?? serves.at(-1)!)(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const messages: SseMessage[] = [];
  const refusals: unknown[] = [];
  const states: StreamState[] = [];
  const waiting: { run: () => void; milliseconds: number }[] = [];
  let wake = () => {};
  const stream = new EventStream({
    connect: async (position, signal) => {
      const headers = position === null ? {} : { 'Last-Event-ID': position };
      const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/events`, {
        headers,
        signal,
      });
      if (!answer.ok) throw Object.assign(new Error('refused'), { status: answer.status });
      return answer.body!;
    },
    onMessages: (more) => {
      messages.push(...more.filter(({ retry }) => retry === null));
      wake();
    },
    onRefused: (error) => {
      refusals.push(error);
      wake();
    },
    onState: (state) => {
      states.push(state);
      wake();
    },
    after: (milliseconds, run) => {
      const timer = { run, milliseconds };
      waiting.push(timer);
      return () => void waiting.splice(waiting.indexOf(timer) >>> 0, 1);
    },
    now: () => 1000,
  });
  closers.push(() => {
    stream.close();
    server.closeAllConnections();
    server.close();
  });
  const until = async (isSo: () => boolean) => {
    while (!isSo()) await new Promise<void>((resolve) => (wake = resolve));
  };
  return { stream, asked, messages, states, refusals, waiting, until };
}

const events: Serve = (_, response) => {
  response.writeHead(200, { 'Content-Type': 'text/event-stream' });
  response.write('retry: 500\n\nid: p1\ndata: {"n":1}\n\n');
};
const eventsAndCut: Serve = (request, response) => {
  events(request, response);
  response.end('id: p2\nevent: position\ndata: \n\n');
};

describe('a stream of events', () => {
  test('goes on behind what it heard when it was cut', async () => {
    const { asked, messages, states, waiting, until } = await open([eventsAndCut, events]);
    await until(() => states.at(-1)?.is === 'waiting');
    assert.deepEqual(states.at(-1), { is: 'waiting', since: 1000, retryAt: 1500, attempt: 1 });
    assert.deepEqual(messages, [
      { id: 'p1', retry: null, event: 'message', data: '{"n":1}' },
      { id: 'p2', retry: null, event: 'position', data: '' },
    ]);
    waiting.pop()!.run();
    await until(() => messages.length === 3);
    assert.deepEqual(asked, [undefined, 'p2']);
    assert.equal(states.at(-1)?.is, 'open');
  });

  test('comes later and later while nobody answers, at once when it is told to, and says since when', async () => {
    const fails: Serve = (_, response) => void response.writeHead(503).end();
    const { states, waiting, until, stream } = await open([fails, fails, fails, events]);
    const pauses = () => states.filter((state) => state.is === 'waiting').map((state) => state.retryAt - 1000);
    await until(() => pauses().length === 1);
    waiting.pop()!.run();
    await until(() => pauses().length === 2);
    stream.retryNow();
    await until(() => pauses().length === 3);
    assert.deepEqual(pauses(), [1000, 2000, 4000]);
    stream.retryNow();
    await until(() => states.at(-1)?.is === 'open');
  });

  test('does not ask again where it was refused', async () => {
    const { refusals, waiting, until } = await open([(_, response) => void response.writeHead(403).end()]);
    await until(() => refusals.length === 1);
    assert.equal((refusals[0] as { status: number }).status, 403);
    assert.equal(waiting.length, 0);
  });

  test('takes a connection without any sign for dead', async () => {
    const { states, waiting, until } = await open([events, events]);
    await until(() => states.at(-1)?.is === 'open');
    assert.equal(waiting.length, 1);
    assert.equal(waiting[0]!.milliseconds, 45_000);
    waiting.pop()!.run();
    await until(() => states.at(-1)?.is === 'waiting');
  });
});
