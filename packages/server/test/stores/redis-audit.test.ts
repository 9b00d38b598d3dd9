/** The audit of a Redis: silent about a healthy one, whatever goes on; it finds each kind of damage, and mends it. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Redis } from 'ioredis';
import { newSessionId, newToken, partitionOf } from '../../src/core/token.ts';
import type { AuditFinding } from '../../src/stores/audit.ts';
import { RedisAudit } from '../../src/stores/redis/audit.ts';
import { RedisStore } from '../../src/stores/redis/redis-store.ts';
import { APP, HOUR, type Made, make, makeAliased } from '../conformance/harness.ts';
import { forAllTests, startRedis } from '../support/redis.ts';
import { as, commandsCalled, createAccount, documentedRules, refused } from '../support/redis-acl.ts';
import { inside } from '../support/redis-inside.ts';
import { startCluster } from '../support/redis-topologies.ts';
import type { Cleanup } from '../support/server.ts';

const NAMESPACE = 'audit';
const GHOST = `${partitionOf('user123')}AAAAAAAAAAAAAA`;

/** What a damage is done to: a long session of user123 (with data apart), another of theirs, and one with an alias. */
interface Patient {
  readonly redis: (command: string, key: string, ...rest: (string | number | Buffer)[]) => Promise<unknown>;
  readonly long: Made;
  readonly short: Made;
  readonly aliased: Made;
  readonly alias: string;
  /** The keys of user123's partition, by their last letter. */
  readonly key: (kind: string) => string;
  /** The stored record of a session. */
  readonly record: (made: Made) => Promise<Buffer>;
}

/** Each kind of damage: what it does, and which fault must be found. `stays`: a repair leaves it alone. */
const DAMAGES: Record<string, { do: (p: Patient) => Promise<unknown>; found: string; stays?: true }> = {
  'activity lost': {
    do: ({ redis, key, long }) => redis('ZREM', key('a'), long.session.id),
    found: 'session-activity',
  },
  'activity at a wrong second': {
    do: ({ redis, key, long }) => redis('ZADD', key('a'), 1000, long.session.id),
    found: 'session-activity',
  },
  'a journal of which nobody knows': {
    do: ({ redis }) => redis('HSET', `{${NAMESPACE}:${APP}:e}:k`, 'n', '1-1'),
    found: 'journal',
  },
  'an outbox of which nobody knows': { do: ({ redis, key }) => redis('HSET', key('o'), 'n', '1'), found: 'journal' },
  'a history that stays for ever': { do: ({ redis, key }) => redis('LPUSH', key('h:user123'), ''), found: 'ttl' },
  'not due': { do: ({ redis, key, long }) => redis('ZREM', key('d'), long.session.id), found: 'session-due' },
  'due too late': {
    do: ({ redis, key, long }) => redis('ZADD', key('d'), 9e15, long.session.id),
    found: 'session-due',
  },
  'data lost': { do: ({ redis, key, long }) => redis('HDEL', key('j'), long.session.id), found: 'session-data' },
  'subject lost': { do: ({ redis, key }) => redis('HDEL', key('u'), '+user123'), found: 'session-subject' },
  'one session of a subject lost': {
    do: ({ redis, key, long }) => redis('HSET', key('u'), '+user123', long.session.id),
    found: 'session-subject',
  },
  'a session twice and a ghost among those of a subject': {
    do: ({ redis, key, long, short }) =>
      redis('HSET', key('u'), '+user123', long.session.id + short.session.id + long.session.id + GHOST),
    found: 'subjects-wrong',
  },
  'visitor lost': { do: ({ redis, key }) => redis('ZREM', key('v'), '+user123'), found: 'subjects-wrong' },
  'visitor too late': { do: ({ redis, key }) => redis('ZADD', key('v'), 9e15, '+user123'), found: 'subjects-wrong' },
  'subject without sessions': {
    do: ({ redis, key }) => redis('HSET', key('u'), '+nobody', GHOST),
    found: 'subjects-orphan',
  },
  'visitor without sessions': {
    do: ({ redis, key }) => redis('ZADD', key('v'), 1, '+nobody'),
    found: 'visitors-orphan',
  },
  'activity of a ghost': { do: ({ redis, key }) => redis('ZADD', key('a'), 1, GHOST), found: 'activity-orphan' },
  'a ghost that is due': { do: ({ redis, key }) => redis('ZADD', key('d'), 9e15, GHOST), found: 'due-orphan' },
  'data of a ghost': { do: ({ redis, key }) => redis('HSET', key('j'), GHOST, '{}'), found: 'data-orphan' },
  'data beside its session': {
    do: ({ redis, key, short }) => redis('HSET', key('j'), short.session.id, '{}'),
    found: 'data-orphan',
  },
  'a record cut off': {
    do: async ({ redis, key, short, record }) =>
      redis('HSET', key('s'), short.session.id, (await record(short)).subarray(0, 70)),
    found: 'session-record',
  },
  'an empty record': {
    do: ({ redis, key, short }) => redis('HSET', key('s'), short.session.id, ''),
    found: 'session-record',
  },
  'a record of a later version': {
    do: async ({ redis, key, short, record }) =>
      redis('HSET', key('s'), short.session.id, Buffer.concat([Buffer.of(9), (await record(short)).subarray(1)])),
    found: 'form',
    stays: true,
  },
  'a session in the wrong partition': {
    do: async ({ redis, key, short, record }) => redis('HSET', key('s'), 'zzAAAAAAAAAAAAAA', await record(short)),
    found: 'place',
    stays: true,
  },
  'an alias without its TTL': { do: ({ redis, alias }) => redis('PERSIST', alias), found: 'alias-ttl' },
  'an alias lost': { do: ({ redis, alias }) => redis('DEL', alias), found: 'alias-lost' },
  'an alias to nothing, for ever': {
    do: ({ redis }) => redis('SET', `{${NAMESPACE}:${APP}:1.ghost-of-a-token}:t`, `${GHOST}:Infinity`),
    found: 'alias-orphan',
  },
  'an alias of no known form': {
    do: ({ redis }) => redis('SET', `{${NAMESPACE}:${APP}:1.ghost-of-a-token}:t`, 'x'),
    found: 'alias-form',
    stays: true,
  },
  'an app that is not entered': { do: ({ redis }) => redis('ZREM', `${NAMESPACE}:apps`, APP), found: 'app' },
  'a memo without its TTL': {
    do: ({ redis }) => redis('SET', `{${NAMESPACE}:${APP}:name-of-a-memo}:n`, '1:x'),
    found: 'ttl',
  },
  'word of a move without its TTL': {
    do: ({ redis, short }) => redis('SET', `{${NAMESPACE}:${APP}:00}:m:${GHOST}`, short.session.id),
    found: 'ttl',
  },
  'a key of nobody': {
    do: ({ redis }) => redis('SET', `{${NAMESPACE}:${APP}:00}:x`, 'x'),
    found: 'key',
    stays: true,
  },
};

function openStore(cleanup: Cleanup, url: string): RedisStore {
  const onError = (error: unknown) => cleanup.after(() => Promise.reject(error));
  const store = new RedisStore({ url, namespace: NAMESPACE, timeout: 10_000, onError });
  cleanup.after(() => store.close());
  return store;
}

async function audit(url: string, repair = false): Promise<AuditFinding[]> {
  const audit = new RedisAudit({ url, namespace: NAMESPACE, timeout: 10_000, replicas: 0, settle: 200 });
  const findings: AuditFinding[] = [];
  const onFinding = (finding: AuditFinding) => void (finding.kind === 'fault' && findings.push(finding));
  await audit.run({ repair, onFinding, onProgress: () => {} });
  await audit.close();
  return findings;
}

const codes = (findings: AuditFinding[]) => [...new Set(findings.map(({ code }) => code))].sort();

async function patient(store: RedisStore, server: Redis | { call: Redis['call'] }): Promise<Patient> {
  const now = Date.now();
  const times = { createdAt: now, idleTimeout: HOUR };
  const long = make({ ...times, data: `{"a":"${'x'.repeat(400)}"}` });
  const short = make({ ...times, data: '{"a":1}' });
  const aliased = makeAliased(`chosen-by-the-caller-${now}-${Math.random()}`, times);
  const guest = make({ ...times, subject: null });
  for (const { session, credential } of [long, short, aliased, guest]) {
    await store.create(session, credential, null, now);
  }
  const key = (kind: string) => `{${NAMESPACE}:${APP}:${partitionOf('user123')}}:${kind}`;
  const alias = `{${NAMESPACE}:${APP}:${aliased.ref.hash}}:t`;
  const redis: Patient['redis'] = (command, name, ...rest) => server.call(command, name, ...rest);
  const record = async ({ session }: Made) =>
    (await (server as Redis).callBuffer('HGET', key('s'), session.id)) as Buffer;
  return { redis, long, short, aliased, alias, key, record };
}

const server = forAllTests(async (cleanup) => {
  const started = await startRedis(cleanup);
  return { ...started, account: await createAccount([started.admin], NAMESPACE, 'doctor') };
});
/** As the account that docs/operations/redis.md lists for the doctor. */
const url = () => as(server().account, `redis://127.0.0.1:${server().port}`);

describe('the audit of a Redis', () => {
  for (const [name, { do: damage, found, stays }] of Object.entries(DAMAGES)) {
    test(`finds and ${stays ? 'leaves alone' : 'mends'}: ${name}`, async (t) => {
      await server().admin.flushall();
      const store = openStore(t, url());
      await store.ready();
      const it = await patient(store, server().admin);
      assert.deepEqual(await audit(url()), []);
      await damage(it);
      const seen = await audit(url());
      assert.ok(codes(seen).includes(found), `found ${codes(seen)}`);
      assert.ok(
        seen.every(({ mended }) => mended === null),
        'it looked, and changed nothing',
      );
      assert.deepEqual(codes(await audit(url())), codes(seen), 'what is not mended is found again');
      const mended = (await audit(url(), true)).find(({ code }) => code === found)!.mended;
      assert.equal(mended === null, stays === true);
      assert.deepEqual(codes(await audit(url())), stays ? codes(seen) : [], 'a second run');
      if (found === 'form') return;
      const sessions = (await store.list(APP, { subject: 'user123', limit: 10 }, Date.now())).sessions.length;
      assert.equal(sessions, found === 'session-record' ? 2 : 3);
      assert.ok(await store.get(APP, it.aliased.ref, 'read', Date.now()), 'the token of a caller leads to its session');
    });
  }

  for (const ended of [false, true]) {
    const when = ended ? 'after a logout' : 'while its original lives';
    test(`leaves the copy of a broken change of subject alone, ${when}, and opens it to no token`, async (t) => {
      await server().admin.flushall();
      const store = openStore(t, url());
      await store.ready();
      const it = await patient(store, server().admin);
      inside(store).steps.vacate = () => Promise.reject(new Error('the process ended here'));
      const now = Date.now();
      for (const { ref } of [it.short, it.aliased]) {
        const move = { id: newSessionId('joe'), subject: 'joe', cap: null };
        await assert.rejects(store.update(APP, ref, { expect: 1, version: 2, move }, now), /ended here/);
        if (ended) assert.equal(await store.revoke(APP, { by: 'token', token: ref }, now), 1);
      }
      assert.deepEqual(codes(await audit(url())), ['copy']);
      const found = await audit(url(), true);
      assert.deepEqual([codes(found), found.map(({ mended }) => mended)], [['copy'], [null, null]]);
      for (const { ref, session } of [it.short, it.aliased]) {
        const opened = await store.get(APP, ref, 'look', now);
        assert.equal(opened?.session.id, ended ? undefined : session.id);
      }
    });
  }

  test('takes a session for no copy where only its move did not come to its end, and gives its alias back', async (t) => {
    await server().admin.flushall();
    const store = openStore(t, url());
    await store.ready();
    const it = await patient(store, server().admin);
    inside(store).claims.settle = () => Promise.reject(new Error('the process ended here'));
    const now = Date.now();
    const move = { id: newSessionId('joe'), subject: 'joe', cap: null };
    await assert.rejects(store.update(APP, it.short.ref, { expect: 1, version: 2, move }, now), /ended here/);
    assert.deepEqual(codes(await audit(url())), ['alias-lost']);
    assert.deepEqual(codes(await audit(url(), true)), ['alias-lost']);
    assert.deepEqual(await audit(url()), []);
    assert.equal((await store.get(APP, it.short.ref, 'look', now))?.session.id, move.id);
  });

  test('shows no token, no hash of one and no subject', async (t) => {
    await server().admin.flushall();
    const store = openStore(t, url());
    await store.ready();
    const it = await patient(store, server().admin);
    for (const { do: damage, found } of Object.values(DAMAGES))
      if (found !== 'form' && found !== 'session-record') await damage(it);
    const text = JSON.stringify(await audit(url()));
    for (const secret of [it.aliased.token, it.aliased.ref.hash, 'user123', 'ghost-of-a-token']) {
      assert.ok(!text.includes(secret), secret);
    }
  });

  test('needs the commands that docs/operations/redis.md grants it, each of them and no other', async () => {
    const called = await commandsCalled(server().admin);
    for (const rule of documentedRules('doctor', NAMESPACE, '').slice(1)) {
      assert.ok(called.includes(rule.slice(1)), `${rule} is granted and never used`);
    }
    assert.deepEqual(await refused(server().admin, NAMESPACE), []);
  });

  test('has nothing to say, and nothing to mend, while every verb runs', async (t) => {
    await server().admin.flushall();
    await underLoad(openStore(t, url()), url());
  });

  test('does the same on a Cluster', { timeout: 120_000 }, async (t) => {
    const cluster = await startCluster(t);
    const store = openStore(t, cluster.url);
    await store.ready();
    await underLoad(store, cluster.url);
    const masters = await cluster.masters();
    for (const { admin } of masters) await admin.flushall();
    const { Cluster } = await import('ioredis');
    const client = new Cluster([{ host: '127.0.0.1', port: masters[0]!.port }], { redisOptions: { protocol: 2 } });
    t.after(() => client.disconnect());
    const it = await patient(store, client as unknown as Redis);
    const repairable = Object.values(DAMAGES).filter(({ stays }) => !stays);
    for (const { do: damage } of repairable) await damage(it);
    assert.ok(codes(await audit(cluster.url)).length >= 10);
    assert.ok((await audit(cluster.url, true)).every(({ mended }) => mended !== null));
    assert.deepEqual(await audit(cluster.url), []);
    // Before its servers end, which it would tell.
    await store.close();
  });
});

/** Runs audits and repairs beside creates, touches, updates, rotations, moves, ends and expiries. */
async function underLoad(store: RedisStore, at: string): Promise<void> {
  await store.ready();
  let over = false;
  let sessions = 0;
  const worker = async (n: number) => {
    for (let i = 0; !over; i++) {
      const now = Date.now();
      const subject = `u${(n * 7 + i) % 20}`;
      const overrides = { subject, createdAt: now, idleTimeout: i % 5 === 0 ? 30 : HOUR };
      const made =
        i % 3 === 0
          ? makeAliased(`chosen-by-the-caller-${n}-${i}`, overrides)
          : make({ ...overrides, data: `{"a":"${'x'.repeat(i % 2 === 0 ? 400 : 4)}"}` });
      await store.create(made.session, made.credential, { max: 5, onLimit: 'revokeOldest' }, now);
      await store.get(APP, made.ref, 'read', now);
      await store.update(APP, made.ref, { expect: 1, version: 2, data: `{"b":"${'y'.repeat((i % 4) * 200)}"}` }, now);
      const id = i % 4 === 0 ? newSessionId(`m${subject}`) : made.session.id;
      const { credential } = newToken(id, 'standard');
      const move = id === made.session.id ? {} : { move: { id, subject: `m${subject}`, cap: null } };
      await store.rotate(APP, made.ref, { credential, graceUntil: now + 1000, ...move }, now);
      if (i % 2 === 0) await store.revoke(APP, { by: 'id', id }, now);
      if (i % 30 === 0) await store.revoke(APP, { by: 'subject', subject }, now);
      if (i % 40 === 39) await store.sweep(now, 100);
      sessions++;
    }
  };
  const load = Promise.all(Array.from({ length: 8 }, (_, n) => worker(n)));
  try {
    for (let run = 0; run < 6 || sessions < 300; run++) assert.deepEqual(await audit(at, run % 3 === 2), []);
  } finally {
    over = true;
    await load;
  }
  assert.deepEqual(await audit(at), []);
}
