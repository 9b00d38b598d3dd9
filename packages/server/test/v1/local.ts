/** A server in the test's own process, on a real socket: for stores that are filled with more than HTTP is patient for. */
import assert from 'node:assert/strict';
import { DEFAULT_POLICY } from '../../src/core/policy.ts';
import { Sessions } from '../../src/core/sessions.ts';
import type { SessionStore } from '../../src/core/store.ts';
import { checkApp, checkSubject } from '../../src/core/validate.ts';
import { createApp } from '../../src/http/app.ts';
import { NodeServer } from '../../src/http/sockets/node-server.ts';
import { LmdbStore } from '../../src/stores/lmdb/lmdb-store.ts';
import { MemoryStore } from '../../src/stores/memory/memory-store.ts';
import { RedisStore } from '../../src/stores/redis/redis-store.ts';
import { startRedis } from '../support/redis.ts';
import { type Cleanup, temporaryFolder } from '../support/server.ts';

export const LOCAL_STORES: Record<string, (cleanup: Cleanup) => Promise<SessionStore>> = {
  'the memory store': async () => new MemoryStore(),
  'the embedded store': async (cleanup) => {
    const onError = (error: unknown) => cleanup.after(() => Promise.reject(error));
    return new LmdbStore({ path: temporaryFolder(cleanup), namespace: 'test', onError });
  },
  'one Redis server': async (cleanup) => {
    const { port } = await startRedis(cleanup);
    const onError = (error: unknown) => cleanup.after(() => Promise.reject(error));
    const store = new RedisStore({
      url: `redis://127.0.0.1:${port}`,
      namespace: 'test',
      timeout: 60_000,
      clock: 'argument',
      onError,
    });
    await store.ready();
    return store;
  },
};

export interface LocalServer {
  readonly url: string;
  /**
   * Makes sessions, many at once: the subject of each by its number, last seen evenly over the last `within` milliseconds.
   * Gives their ids and tokens.
   */
  readonly fill: (
    app: string,
    count: number,
    subject: (i: number) => string,
    within: number,
  ) => Promise<{ id: string; token: string }[]>;
}

/** Serves a store until the test ends, and closes it. */
export async function serveLocally(cleanup: Cleanup, store: SessionStore): Promise<LocalServer> {
  const sessions = new Sessions(store, () => DEFAULT_POLICY);
  const onFault = (error: unknown) => assert.fail(`${error}`);
  const app = createApp({ sessions, clock: Date.now, isStopping: () => false, onFault });
  const server = new NodeServer({ app, onRequest: null, tls: null, maxConcurrent: 1000 });
  const port = await server.listen('127.0.0.1', 0);
  cleanup.after(async () => {
    await server.stop();
    await store.close();
  });
  const create = async (name: string, subject: string, at: number) => {
    const { idleTimeout, absoluteTimeout } = DEFAULT_POLICY;
    const timeouts = { idleTimeout, absoluteTimeout };
    const device = { ip: null, userAgent: 'a browser', label: null, data: '{"cart":["book",1.0]}' };
    const draft = { app: checkApp(name), subject: checkSubject(subject), ...timeouts, ...device };
    const { session, token } = await sessions.create({ ...draft, tokenKind: 'standard' }, at);
    return { id: session.id, token };
  };
  return {
    url: `http://127.0.0.1:${port}`,
    fill: async (name, count, subject, within) => {
      const began = Date.now();
      // Not in their order: the oldest are no neighbours of each other.
      const at = (i: number) => began - Math.floor((within * ((i * 7919) % count)) / count);
      const made: { id: string; token: string }[] = [];
      for (let i = 0; i < count; i += 1000) {
        const numbers = Array.from({ length: Math.min(1000, count - i) }, (_, n) => i + n);
        made.push(...(await Promise.all(numbers.map((n) => create(name, subject(n), at(n))))));
      }
      return made;
    },
  };
}
