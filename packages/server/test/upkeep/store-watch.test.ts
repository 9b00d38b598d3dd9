/** Warnings about the store's settings: said when they begin, not again with every look. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Finding } from '../../src/stores/finding.ts';
import { Notices } from '../../src/upkeep/store-watch.ts';
import { startRedis } from '../support/redis.ts';
import { as, createAccount } from '../support/redis-acl.ts';
import { startCluster, until } from '../support/redis-topologies.ts';
import { type ServerProcess, startServer } from '../support/server.ts';

const finding = (code: string, where = 'h:1', message = 'x'): Finding => ({ kind: 'setting', code, where, message });
const MINUTE = 60_000;

describe('notices', () => {
  test('a finding is said when it begins, once an hour while it stays, and its end is said once', () => {
    const notices = new Notices();
    const said = (findings: Finding[], now: number) => {
      const after = notices.after(findings, now);
      return [after.said.length, after.gone.length];
    };
    assert.deepEqual(said([finding('eviction')], 0), [1, 0]);
    assert.deepEqual(said([finding('eviction')], MINUTE), [0, 0]);
    assert.deepEqual(said([finding('eviction', 'h:1', 'with another figure')], 2 * MINUTE), [0, 0]);
    assert.deepEqual(said([finding('eviction'), finding('eviction', 'h:2')], 3 * MINUTE), [1, 0]);
    assert.deepEqual(said([finding('eviction'), finding('eviction', 'h:2')], 60 * MINUTE), [1, 0]);
    assert.deepEqual(said([finding('eviction', 'h:2')], 61 * MINUTE), [0, 1]);
    assert.deepEqual(said([], 62 * MINUTE), [0, 1]);
    assert.deepEqual(said([finding('eviction')], 63 * MINUTE), [1, 0]);
  });
});

/** Gives the warnings about settings in a server's log: code and server. */
function warnings(server: ServerProcess): string[] {
  const lines = server.output().split('\n');
  const events = lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line));
  return events.filter(({ level, finding }) => level === 'warn' && finding).map((e) => `${e.finding} ${e.server}`);
}

describe('the warnings of a running server', () => {
  test('tell of a Redis that may evict and keeps nothing, once', async (t) => {
    const { port } = await startRedis(t, ['--maxmemory', '100mb', '--maxmemory-policy', 'volatile-lru']);
    const server = await startServer(t, { RS_STORE: `redis://127.0.0.1:${port}`, RS_REDIS_WAIT: '1' });
    const expected = ['eviction', 'persistence', 'replicas'].map((code) => `${code} 127.0.0.1:${port}`);
    await until(() => warnings(server).length >= expected.length);
    assert.deepEqual(warnings(server), expected);
  });

  test('tell of every master of a Cluster', async (t) => {
    const cluster = await startCluster(t);
    const masters = await cluster.masters();
    const server = await startServer(t, { RS_STORE: cluster.url });
    await until(() => warnings(server).length >= masters.length);
    assert.deepEqual(warnings(server).sort(), masters.map(({ port }) => `persistence 127.0.0.1:${port}`).sort());
  });

  test('tell that nobody looks where the account may not use INFO', async (t) => {
    const { port, admin } = await startRedis(t);
    const account = await createAccount([admin], 'drs');
    await admin.call('ACL', 'SETUSER', account.name, '-info');
    const server = await startServer(t, { RS_STORE: as(account, `redis://127.0.0.1:${port}`) });
    await until(async () => warnings(server).length > 0);
    assert.deepEqual(warnings(server), [`info 127.0.0.1:${port}`]);
  });

  test('are silent where Redis keeps what it is given', async (t) => {
    const { port, admin } = await startRedis(t, ['--appendonly', 'yes']);
    const server = await startServer(t, { RS_STORE: `redis://127.0.0.1:${port}` });
    await until(async () => /cmdstat_info:calls=[2-9]/.test(await admin.info('commandstats')));
    await server.end();
    assert.deepEqual(warnings(server), []);
  });
});
