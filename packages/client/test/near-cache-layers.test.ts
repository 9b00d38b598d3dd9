/** The near cache in the session layers of frameworks: what only looks answers from memory, and what may write never does. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { forAllTests } from '../../server/test/support/redis.ts';
import { startServer, temporaryFolder } from '../../server/test/support/server.ts';
import { until } from '../../server/test/support/until.ts';
import { RestSessionStore } from '../src/express/index.ts';
import { restSessions } from '../src/hono/index.ts';
import { SessionClient } from '../src/index.ts';
import { RestKoaSessionStore } from '../src/koa/index.ts';
import { createNextSessions } from '../src/next/index.ts';
import { createRestSessionStorage } from '../src/react-router/index.ts';

const nearCache = { maxStale: 3_600_000 };

describe('the near cache in session layers', () => {
  const server = forAllTests(async (cleanup) => {
    const policy = join(temporaryFolder(cleanup), 'policy.json');
    writeFileSync(policy, JSON.stringify({ defaults: { events: true } }));
    return startServer(cleanup, { RS_STORE: 'memory:', RS_CONFIG: policy });
  });
  const options = (app: string) => ({ url: server().url, app, nearCache });

  /** Creates a session, has it in the memory of a client, and changes it elsewhere, which is no event here. */
  async function changedElsewhere(app: string, client: SessionClient): Promise<string> {
    const others = new SessionClient({ url: server().url, app });
    const { token } = await others.create({ subject: 'ann', data: { n: 1 } });
    await until(async () => (await client.verify(token))?.staleness?.source === 'memory');
    await others.patch(token, { set: { n: 2 } });
    assert.equal((await client.verify(token))!.data.n, 1, 'from memory');
    return token;
  }

  test('a page of Express or Koa reads what is there, and what it writes its own client knows', async (t) => {
    const express = new RestSessionStore(options('express'));
    t.after(() => express.client.close());
    const id = await changedElsewhere('express', express.client);
    const session = (await express.get(id))!;
    assert.equal(session.n, 2);
    await express.destroy(id);
    assert.equal(await express.client.verify(id), null);
    const koa = new RestKoaSessionStore(options('koa'));
    t.after(() => koa.client.close());
    const token = await changedElsewhere('koa', koa.client);
    const ctx = {};
    const read = (await koa.get(token, undefined, { ctx }))!;
    assert.equal(read.n, 2);
    await koa.set(token, { ...read, m: 1 }, undefined, { ctx });
    assert.deepEqual((await koa.client.verify(token))!.data, { n: 2, m: 1 });
  });

  test('a page of React Router reads what is there', async (t) => {
    const storage = createRestSessionStorage(options('router'));
    t.after(() => storage.client.close());
    const token = await changedElsewhere('router', storage.client);
    const session = await storage.getSession(`__Host-session=${token}`);
    assert.equal(session.get('n'), 2);
  });

  test('the proxy of Next.js looks from memory, and a page reads what is there', async (t) => {
    const jar = { get: () => ({ value: token }), set: () => {} };
    const sessions = createNextSessions({ ...options('next'), cookies: () => jar });
    t.after(() => sessions.client.close());
    const token = await changedElsewhere('next', sessions.client);
    const request = { headers: new Headers({ Cookie: `__Host-session=${token}` }) };
    await sessions.verify(request);
    assert.equal((await sessions.verify(request))!.staleness!.source, 'memory');
    assert.equal((await sessions.getSession()).data.n, 2);
  });

  test('Hono has no client to ask, and refuses the option', () => {
    assert.throws(() => restSessions(options('hono') as never), { name: 'TypeError', message: /no option nearCache/ });
  });
});
