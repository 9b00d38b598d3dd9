/**
 * The pipe of the gathered reads: it is there on every form of Redis, as the account and in the database of the URL, and whatever
 * happens to it costs no read more than its budget allows, and never gives a wrong one.
 */
import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { describe, test } from 'node:test';
import type { Redis } from 'ioredis';
import { RedisStore } from '../../src/stores/redis/redis-store.ts';
import type { ScriptCalls } from '../../src/stores/redis/script-calls.ts';
import { APP, type Made, put, T0 } from '../conformance/harness.ts';
import { type Meddling, startProxy } from '../support/proxy.ts';
import { forAllTests, startRedis } from '../support/redis.ts';
import { as, createAccount } from '../support/redis-acl.ts';
import { startSentinel, until } from '../support/redis-topologies.ts';
import { type Cleanup, lastFirst } from '../support/server.ts';
import { TOPOLOGIES } from '../support/topologies.ts';

/** Long, because the machine may be busy. Units: milliseconds. */
const TIMEOUT = 20_000;
const NAMESPACE = 'test';

async function open(cleanup: Cleanup, url: string, options: Partial<ConstructorParameters<typeof RedisStore>[0]> = {}) {
  const store = new RedisStore({ url, namespace: NAMESPACE, timeout: TIMEOUT, onError: () => {}, ...options });
  cleanup.after(() => store.close());
  await store.ready();
  return store;
}

const openSession = (store: RedisStore, { ref }: Made) => store.get(APP, ref, 'read', T0);

interface Client {
  readonly id: string;
  readonly cmd: string;
  readonly db: string;
  readonly user: string;
}

async function clientsOf(admin: Redis): Promise<Client[]> {
  const list = String(await admin.call('CLIENT', 'LIST', 'TYPE', 'normal'));
  return list
    .trim()
    .split('\n')
    .map((line) => Object.fromEntries(line.split(' ').map((part) => part.split('='))) as Client);
}

/** Gives the connections to a server whose last command was a read, while the driver's was another. */
async function pipesOf(store: RedisStore, admin: Redis, sessions: readonly Made[]): Promise<Client[]> {
  // Through the driver's own connection to each of them.
  const { calls } = store as unknown as { calls: ScriptCalls };
  for (const { send } of await calls.masters()) await send('INFO', []);
  for (const session of sessions) await openSession(store, session);
  return (await clientsOf(admin)).filter(({ cmd }) => cmd === 'evalsha');
}

/** Resolves when every one of these servers has one pipe. */
async function piped(store: RedisStore, servers: readonly Redis[], sessions: readonly Made[]): Promise<void> {
  await until(async () => {
    const pipes = await Promise.all(servers.map((admin) => pipesOf(store, admin, sessions)));
    return pipes.every(({ length }) => length === 1);
  });
}

for (const [name, start] of Object.entries(TOPOLOGIES)) {
  test(`${name}: the reads have one pipe to each master, and go on when it alone is cut`, async (t) => {
    const { url, tls, masters } = await start(t);
    const store = await open(t, url, { tls });
    const sessions: Made[] = [];
    for (let i = 0; i < 24; i++) sessions.push(await put(store, { subject: `u${i}` }));
    const servers = await masters();
    await piped(store, servers, sessions);
    for (const admin of servers) {
      const [pipe] = await pipesOf(store, admin, sessions);
      await admin.call('CLIENT', 'KILL', 'ID', pipe!.id);
    }
    const visits = await Promise.all(sessions.map((session) => openSession(store, session)));
    assert.deepEqual(
      visits.map((visit) => visit?.session.subject),
      sessions.map(({ session }) => session.subject),
    );
    await piped(store, servers, sessions);
  });
}

test('behind Sentinel the pipe follows a failover', async (t) => {
  const trio = await startSentinel(t);
  const store = await open(t, trio.url);
  const sessions = [await put(store)];
  const old = await trio.master();
  await piped(store, [old.admin], sessions);
  await until(async () => (await old.admin.info('replication')).includes('state=online'));
  await old.end();
  await until(async () => (await trio.master()) !== old);
  await until(async () => (await openSession(store, sessions[0]!).catch(() => null)) !== null);
  await piped(store, [(await trio.master()).admin], sessions);
});

describe('the pipe to one server', () => {
  const server = forAllTests((cleanup) => startRedis(cleanup));
  const url = () => `redis://127.0.0.1:${server().port}`;

  test('is of the account and in the database of the URL before its first command (N1)', async (t) => {
    const account = await createAccount([server().admin], NAMESPACE);
    const store = await open(t, `${as(account, url())}/3`);
    const sessions = [await put(store)];
    await piped(store, [server().admin], sessions);
    const [pipe] = await pipesOf(store, server().admin, sessions);
    assert.deepEqual([pipe?.user, pipe?.db], [account.name, '3']);
  });

  test('does not mind a server that has forgotten the scripts, and is used again', async (t) => {
    const store = await open(t, url());
    const sessions = [await put(store)];
    await piped(store, [server().admin], sessions);
    for (let i = 0; i < 3; i++) {
      await server().admin.script('FLUSH');
      assert.ok(await openSession(store, sessions[0]!));
    }
    await piped(store, [server().admin], sessions);
  });

  test('reads are answered while no pipe can be had, and it is opened when it can', async (t) => {
    const { admin } = server();
    const store = await open(t, url());
    const sessions = [await put(store)];
    const others = (await clientsOf(admin)).length;
    await admin.config('SET', 'maxclients', others);
    t.after(() => admin.config('SET', 'maxclients', 10_000));
    for (let i = 0; i < 20; i++) assert.ok(await openSession(store, sessions[0]!));
    assert.equal((await clientsOf(admin)).length, others);
    await admin.config('SET', 'maxclients', 10_000);
    await piped(store, [admin], sessions);
  });

  test('an idle pipe that somebody closes costs nothing, the driver keeps its connection', async (t) => {
    const { admin } = server();
    const store = await open(t, url());
    const sessions = [await put(store)];
    await piped(store, [admin], sessions);
    const [pipe] = await pipesOf(store, admin, sessions);
    const before = (await clientsOf(admin)).map(({ id }) => id).filter((id) => id !== pipe!.id);
    await admin.call('CLIENT', 'KILL', 'ID', pipe!.id);
    await piped(store, [admin], sessions);
    const after = (await clientsOf(admin)).map(({ id }) => id);
    assert.deepEqual(
      before.filter((id) => !after.includes(id)),
      [],
    );
  });

  test('answers that come in single bytes are read', async (t) => {
    const { store, sessions } = await behind(t, {
      fromRedis: (near, chunk) => {
        for (const byte of chunk) near.write(Buffer.of(byte));
      },
    });
    const data = `{"long":"${'ä€😀'.repeat(50)}"}`;
    const made = [await put(store, { data }), ...sessions, await put(store, { subject: null })];
    await piped(store, [server().admin], made);
    const visits = await Promise.all(made.map((session) => openSession(store, session)));
    assert.deepEqual(
      visits.map((visit) => [visit?.session.id, visit?.session.data]),
      made.map(({ session }) => [session.id, session.data]),
    );
  });

  for (const [kind, garble] of Object.entries<(chunk: Buffer) => Buffer>({
    'has another length than it says': (chunk) => replaced(chunk, /\$(\d+)\r\n/, (n) => `$${Number(n) + 1}\r\n`),
    'has a session less': (chunk) => replaced(chunk, /^\*(\d+)/, (n) => `*${Number(n) - 1}`),
    'comes twice': (chunk) => Buffer.concat([chunk, chunk]),
    'is a line': () => Buffer.from('+OK\r\n'),
  })) {
    test(`an answer that ${kind} gives nobody a wrong session, and no read fails`, async (t) => {
      const pipes = new Set<Socket>();
      let [armed, garbled] = [false, 0];
      const { store, sessions } = await behind(t, {
        toRedis: (near, chunk, pass) => {
          if (isRead(chunk)) pipes.add(near);
          pass();
        },
        fromRedis: (near, chunk, pass) => {
          // Once: the driver's connection has reads as well, from then on.
          if (!armed || !pipes.has(near) || chunk[0] !== STAR) return pass();
          armed = false;
          garbled++;
          near.write(garble(chunk));
        },
      });
      await piped(store, [server().admin], sessions);
      armed = true;
      for (let i = 0; i < 5; i++)
        assert.deepEqual(
          await idsOf(store, sessions),
          sessions.map(({ session }) => session.id),
        );
      assert.equal(garbled, 1);
    });
  }

  test('the answers of two calls that changed places give nobody a wrong session', async (t) => {
    let held: { near: Socket; chunk: Buffer } | null = null;
    let armed = false;
    const { store, sessions } = await behind(t, {
      fromRedis: (near, chunk, pass) => {
        if (!armed || chunk[0] !== STAR) return pass();
        if (held === null) held = { near, chunk };
        else {
          const first = held;
          held = null;
          armed = false;
          first.near.write(Buffer.concat([chunk, first.chunk]));
        }
      },
    });
    await piped(store, [server().admin], sessions);
    armed = true;
    const [one, other] = sessions as [Made, Made];
    const first = openSession(store, one);
    await until(async () => held !== null);
    const outcomes = await Promise.allSettled([first, openSession(store, other)]);
    assert.equal(held, null, 'both answers were there');
    for (const [i, outcome] of outcomes.entries()) {
      assert.equal(outcome.status, 'fulfilled');
      assert.equal(outcome.value?.session.id, sessions[i]!.session.id);
    }
  });

  test('a pipe that falls silent costs its reads, in time, and the next ones go on', async (t) => {
    const silent = new Set<Socket>();
    let armed = false;
    const { store, sessions } = await behind(
      t,
      {
        toRedis: (near, chunk, pass) => {
          if (armed && isRead(chunk)) {
            armed = false;
            silent.add(near);
          }
          if (!silent.has(near)) pass();
        },
      },
      { timeout: 500 },
    );
    await piped(store, [server().admin], sessions);
    armed = true;
    await assert.rejects(openSession(store, sessions[0]!), { code: 'store_unavailable' });
    await until(async () => (await openSession(store, sessions[0]!).catch(() => null)) !== null);
    await piped(store, [server().admin], sessions);
  });

  test('a process that stood still itself takes the answer that lies there, and keeps its connections', async (t) => {
    const { admin } = server();
    const store = await open(t, url(), { timeout: 500 });
    const sessions = [await put(store)];
    await piped(store, [admin], sessions);
    const before = (await clientsOf(admin)).map(({ id }) => id);
    const read = openSession(store, sessions[0]!);
    // It is sent in this turn, and its answer would be read in the next one.
    await new Promise((resolve) => setImmediate(resolve));
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2000);
    assert.ok(await read);
    await openSession(store, sessions[0]!);
    assert.deepEqual(
      (await clientsOf(admin)).map(({ id }) => id),
      before,
    );
  });

  test('a pipe cut in mid-command sends its reads again within their budget', async (t) => {
    let cuts = 0;
    let armed = false;
    const { store, sessions } = await behind(t, {
      fromRedis: (near, chunk, pass) => {
        if (!armed || chunk[0] !== STAR) return pass();
        armed = false;
        cuts++;
        // Half of an answer, and no more.
        near.write(chunk.subarray(0, chunk.length / 2), () => near.resetAndDestroy());
      },
    });
    for (let i = 0; i < 5; i++) {
      await piped(store, [server().admin], sessions);
      armed = true;
      assert.deepEqual(
        await idsOf(store, sessions),
        sessions.map(({ session }) => session.id),
      );
    }
    assert.equal(cuts, 5);
  });

  test('a store that is closed with reads under way answers each of them, and leaves no connection', async () => {
    const { admin } = server();
    const ending: (() => unknown)[] = [];
    const store = await open({ after: (end) => ending.push(end) }, url());
    const sessions = [await put(store), await put(store)];
    await piped(store, [admin], sessions);
    const others = (await clientsOf(admin)).length - 2;
    await admin.call('CLIENT', 'PAUSE', '60000', 'WRITE');
    const reads = sessions.map((session) => openSession(store, session));
    await until(async () => (await clientsOf(admin)).some(({ cmd }) => cmd === 'evalsha'));
    await store.close();
    for (const outcome of await Promise.allSettled(reads)) assert.equal(outcome.status, 'rejected');
    await admin.call('CLIENT', 'UNPAUSE');
    await until(async () => (await clientsOf(admin)).length === others);
    for (const end of ending) await end();
  });

  /** Opens a store whose connections go through a proxy, with some sessions in it. */
  async function behind(cleanup: Cleanup, meddling: Meddling, options: { timeout?: number } = {}) {
    const port = await startProxy(cleanup, server().port, meddling);
    const store = await open(cleanup, `redis://127.0.0.1:${port}`, options);
    const sessions: Made[] = [];
    for (let i = 0; i < 4; i++) sessions.push(await put(store, { subject: `u${i}` }));
    return { store, sessions };
  }
});

test('reads beyond what a stopped Redis takes are given up in time, and not done when it goes on', async (t) => {
  const cleanup = lastFirst(t);
  const { port, child, admin } = await startRedis(cleanup);
  const store = await open(cleanup, `redis://127.0.0.1:${port}`, { timeout: 1000 });
  const session = await put(store);
  await piped(store, [admin], [session]);
  const before = (await openSession(store, session))!.session.reads;
  child.kill('SIGSTOP');
  // Far more than the buffers of the kernel hold.
  const reads: Promise<unknown>[] = [];
  for (let turn = 0; turn < 300; turn++) {
    for (let i = 0; i < 64; i++) reads.push(assert.rejects(openSession(store, session)));
    await new Promise((resolve) => setImmediate(resolve));
  }
  await Promise.all(reads);
  child.kill('SIGCONT');
  let after = 0;
  let asked = 0;
  await until(async () => {
    asked++;
    after = (await openSession(store, session).catch(() => null))?.session.reads ?? 0;
    return after > 0;
  });
  assert.ok(after - before <= asked, `${after - before} reads were done for ${asked}`);
});

const STAR = 0x2a;
/** The driver writes its commands in small letters. */
const isRead = (chunk: Buffer) => chunk.toString('latin1').includes('EVALSHA');

async function idsOf(store: RedisStore, sessions: readonly Made[]): Promise<(string | undefined)[]> {
  const visits = await Promise.all(sessions.map((session) => openSession(store, session)));
  return visits.map((visit) => visit?.session.id);
}

function replaced(chunk: Buffer, what: RegExp, by: (part: string) => string): Buffer {
  const text = chunk.toString('latin1');
  return Buffer.from(
    text.replace(what, (_, part: string) => by(part)),
    'latin1',
  );
}
