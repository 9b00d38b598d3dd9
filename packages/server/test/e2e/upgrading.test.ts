/** UPGRADING.md in a shell, case by case, as printed: from what each case comes from, to a store in which it goes on. */
import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { Client } from '../support/client.ts';
import { NOT_INSTALLED, oldLibrary } from '../support/old-library.ts';
import { assertShown, readPage, runPage } from '../support/page.ts';
import { freePorts, type RedisServer, startRedis } from '../support/redis.ts';
import { type Cleanup, lastFirst, startServer, temporaryFolder } from '../support/server.ts';

const STEPS = readPage('UPGRADING.md');

/** What a case begins with, and what must be so at its end. */
interface Case {
  readonly begin: (place: Place) => Promise<void>;
  /** `open`: asks a server on the store for the session of a token, by v1. */
  readonly end: (place: Place, open: Open) => Promise<void>;
  readonly skip?: string | undefined;
}
interface Place {
  readonly t: Cleanup;
  readonly redis: RedisServer;
  /** Where the commands run. */
  readonly work: string;
  readonly tokens: string[];
}
type Open = (token: string) => Promise<{ readonly subject: string | null; readonly data: object } | null>;

const CASES: Readonly<Record<string, Case>> = {
  // A server of 2.x names another namespace than the library alone.
  'From rest-sessions 2.x': { begin: (place) => fromOldLibrary(place, 'drs'), end: opensAll, skip: NOT_INSTALLED },
  'From redis-sessions in an application': { begin: fromOldLibrary, end: async () => {}, skip: NOT_INSTALLED },
  'From connect-redis': {
    begin: async ({ redis, tokens }) => {
      for (const id of ['q8dF3kLx0aPzR7wTnVbYcE2mGhJs5uKo', 'A1sD4fG7hJ0kL3zX6cV9bN2mQ5wE8rT_']) {
        const values = { cookie: { originalMaxAge: 86_400_000 }, passport: { user: 'joe' }, cart: [1] };
        await redis.admin.set(`sess:${id}`, JSON.stringify(values), 'EX', 86_400);
        tokens.push(id);
      }
    },
    end: opensAll,
  },
  'From PHP': {
    begin: async ({ work, tokens }) => {
      mkdirSync(join(work, 'sessions'));
      for (const id of ['0123456789abcdefghijklmnop', 'pqrstuvwxyz0123456789abcde']) {
        writeFileSync(join(work, 'sessions', `sess_${id}`), 'user|s:3:"joe";cart|a:1:{i:0;i:1;}');
        tokens.push(id);
      }
    },
    end: opensAll,
  },
  'From Django': {
    begin: async ({ work, tokens }) => {
      const [key, secret] = ['abcdefghijklmnopqrstuvwxyz012345', 'a secret key'];
      writeFileSync(join(work, 'secret'), `${secret}\n`);
      const expires = new Date(Date.now() + 86_400_000).toISOString();
      const rows = [
        ['session_key', 'session_data', 'expire_date'],
        [key, signed({ _auth_user_id: 'joe', cart: [1] }, secret), expires],
      ];
      writeFileSync(join(work, 'sessions.csv'), rows.map((row) => `${row.join(',')}\n`).join(''));
      tokens.push(key);
    },
    end: opensAll,
  },
  'From Flask': {
    begin: async ({ redis, tokens }) => {
      const id = 'Zm9vYmFyLXRoaXMtaXMtYS1zZXNzaW9uLWlkLTAwMQ';
      await redis.admin.set(
        `session:${id}`,
        JSON.stringify({ _permanent: true, _user_id: 'joe', cart: [1] }),
        'EX',
        86_400,
      );
      tokens.push(id);
    },
    end: opensAll,
  },
  'From the embedded store to Redis': { begin: twoSessions, end: async () => {} },
};

/** As Django writes a session: TimestampSigner over JSON. */
function signed(values: object, secret: string): string {
  const value = `${Buffer.from(JSON.stringify(values)).toString('base64url')}:1wF5xK`;
  const key = createHash('sha256').update(`django.contrib.sessions.SessionStoresigner${secret}`).digest();
  return `${value}:${createHmac('sha256', key).update(value).digest('base64url')}`;
}

async function fromOldLibrary({ t, redis, tokens }: Place, namespace?: string): Promise<void> {
  const old = oldLibrary(t, 3, redis.port, namespace);
  for (const user of ['ann', 'bob', 'joe']) tokens.push(await old.create('shop', user, { d: { cart: 1 } }));
}

async function twoSessions({ t, work, tokens }: Place): Promise<void> {
  const server = await startServer(t, { RS_STORE: `lmdb:${join(work, 'data')}` });
  const client = new Client(server.url);
  for (const user of ['ann', 'bob']) tokens.push(await client.create('shop', user));
  await client.close();
  await server.end();
}

/** Every token opens its session, with its user and what it kept. */
async function opensAll({ tokens }: Place, open: Open): Promise<void> {
  for (const token of tokens) {
    const session = await open(token);
    assert.ok(session !== null, 'somebody is logged out');
    assert.match(session.subject!, /^(ann|bob|joe)$/);
    assert.ok('cart' in session.data, JSON.stringify(session));
  }
}

describe('UPGRADING.md, as printed', () => {
  for (const [section, { begin, end, skip }] of Object.entries(CASES)) {
    // The way back begins where the way there ended.
    const both = section === 'From the embedded store to Redis' ? 'From Redis to the embedded store' : section;
    test(section, { skip }, async (test) => {
      const t = lastFirst(test);
      const home = temporaryFolder(t);
      const work = join(home, 'work');
      mkdirSync(work);
      const [port] = await freePorts(1);
      const redis = await startRedis(t);
      const url = `redis://127.0.0.1:${redis.port}/0`;
      const place: Place = { t, redis, work, tokens: [] };
      await begin(place);
      const steps = STEPS.filter((step) => step.section === section || step.section === both);
      assert.ok(steps.length > 0);
      const env = {
        RS_STORE: `lmdb:${join(work, 'data')}`,
        RS_PORT: `${port}`,
        RS_STORE_TIMEOUT: '30000',
        server: 'http://127.0.0.1:3000',
        old: url,
        redis: url,
      };
      const printed = await runPage(t, { port: port! }, steps, { home, env });
      for (const [i, step] of steps.entries()) assertShown(step, printed[i]!);
      const server = await startServer(t, { RS_STORE: env.RS_STORE });
      const client = new Client(server.url);
      t.after(() => client.close());
      await end(place, async (token) => {
        const { status, json } = await client.send('GET', '/v1/apps/shop/session', undefined, {
          'Session-Token': token,
        });
        return status === 200 ? json : null;
      });
    });
  }

  test('every case of the table has a section, and every section with commands is run', () => {
    const run = new Set([...Object.keys(CASES), 'From Redis to the embedded store']);
    assert.deepEqual(
      [...new Set(STEPS.map((step) => step.section))].filter((name) => !run.has(name)),
      [],
    );
  });
});
