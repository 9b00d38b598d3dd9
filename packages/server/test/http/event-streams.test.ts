/** Streams on real connections, in one process with what writes the events. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { DEFAULT_POLICY } from '../../src/core/policy.ts';
import { Sessions } from '../../src/core/sessions.ts';
import { Streams } from '../../src/events/streams.ts';
import { Tail } from '../../src/events/tail.ts';
import { createApp } from '../../src/http/app.ts';
import { NodeServer } from '../../src/http/sockets/node-server.ts';
import { MemoryStore } from '../../src/stores/memory/memory-store.ts';
import { openStream } from '../support/open-stream.ts';
import type { Cleanup } from '../support/server.ts';
import { until } from '../support/until.ts';

const LONG = 'x'.repeat(5000);

async function serve(cleanup: Cleanup, patience: number) {
  const store = new MemoryStore({ journal: () => ({ events: true, updates: false, history: null }) });
  const { journal } = store;
  const sessions = new Sessions(store, () => ({ ...DEFAULT_POLICY, events: true }));
  const later = (run: () => void, after: number) => {
    const timer = setTimeout(run, after);
    return () => clearTimeout(timer);
  };
  const onError = (error: unknown) => {
    throw error;
  };
  const tail = new Tail({ journal, later, onError });
  const keeps = () => true;
  const hearing = new Streams({ journal, tail, later, clock: Date.now, keeps, most: 100, onError, patience });
  const app = createApp({ sessions, hearing, clock: Date.now, isStopping: () => false, onFault: onError });
  const server = new NodeServer({ app, onRequest: null, tls: null, maxConcurrent: 10 });
  const port = await server.listen('127.0.0.1', 0);
  cleanup.after(async () => {
    hearing.stop();
    tail.close();
    await server.stop();
    await store.close();
  });
  let written = 0;
  const write = async (count: number) => {
    for (let i = 0; i < count; i++) {
      const session = `00session${String(written++).padStart(7, '0')}`;
      const event = { type: 'session.created', version: 1, session, subject: 'u', userAgent: LONG } as const;
      await journal.append('shop', event, Date.now());
    }
  };
  return { port, hearing, write };
}

test('a reader who takes nothing is dropped with resync, little is held for it, and others notice nothing', async (t) => {
  const { port, hearing, write } = await serve(t, 1000);
  const path = '/v1/apps/shop/events';
  const [slow, quick] = [await openStream(port, path), await openStream(port, path)];
  slow.socket.pause();
  // More than the buffers of the system take for a connection that nobody reads, and less than what is kept for all.
  for (let i = 0; i < 80; i++) {
    await write(100);
    await delay(10);
  }
  await until(() => quick.messages().length === 8000, 'the quick one has all of it');
  await until(() => hearing.count === 1, 'the slow one is dropped');
  slow.socket.resume();
  await until(() => slow.hasEnded(), 'it has had its end');
  assert.ok(slow.isWhole());
  const last = slow.frames.at(-1)!;
  const heard = slow.messages();
  assert.deepEqual([last.name, last.data], ['resync', { position: heard.at(-1)!.id }]);
  assert.ok(heard.length < 8000);
  const again = await openStream(port, path, [`Last-Event-ID: ${heard.at(-1)!.id}`]);
  await until(() => again.messages().length === 8000 - heard.length, 'who comes again has the rest');
  for (const stream of [quick, again]) stream.socket.destroy();
  await until(() => hearing.count === 0, 'and nobody is left');
});
