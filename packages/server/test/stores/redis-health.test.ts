/** What the INFO text of a server means for the sessions in it. Excerpts in the form of each version; 7.0 is also asked for real. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { judge } from '../../src/stores/redis/health.ts';
import { startRedis } from '../support/redis.ts';

/** The lines that matter of a healthy server, as each version writes them. */
const HEALTHY: Record<string, string> = {
  'Redis 6.2': info('redis_version:6.2.14', 'redis_mode:standalone'),
  'Redis 7.0': info('redis_version:7.0.15', 'redis_mode:cluster', 'rdb_saves:0', 'aof_last_cow_size:0'),
  'Redis 8': info('redis_version:8.0.3', 'redis_mode:standalone', 'rdb_saves:0', 'async_loading:0'),
  'Valkey 7.2': info('redis_version:7.2.4', 'server_name:valkey', 'valkey_version:7.2.9', 'rdb_saves:0'),
  'Valkey 8.1': info('redis_version:7.2.4', 'server_name:valkey', 'valkey_version:8.1.3', 'valkey_release_stage:ga'),
};

function info(...own: string[]): string {
  const common = ['maxmemory:0', 'maxmemory_human:0B', 'maxmemory_policy:noeviction', 'loading:0', 'aof_enabled:1'];
  const disk = ['rdb_last_bgsave_status:ok', 'rdb_last_bgsave_time_sec:-1', 'aof_last_write_status:ok'];
  return ['# Server', ...own, '# Memory', ...common, ...disk, '# Replication', 'role:master', ''].join('\r\n');
}

/** Gives the findings of a healthy server of Redis 7.0 with some lines changed. */
function changed(lines: Record<string, string>, wait = 0) {
  let text = HEALTHY['Redis 7.0']!;
  for (const [name, value] of Object.entries(lines)) {
    text = text.replace(new RegExp(`^${name}:.*\r\n`, 'm'), '');
    if (value !== '') text += `${name}:${value}\r\n`;
  }
  return judge(text, 'h:1', wait);
}

describe('what INFO says about the safety of sessions', () => {
  test('a server that keeps what it is given has no finding, whatever its make', () => {
    for (const [name, text] of Object.entries(HEALTHY)) assert.deepEqual(judge(text, 'h:1', 0), [], name);
  });

  test('a version before Redis 6.2 or Valkey 7.2 is too old; the number Valkey shows for Redis does not count', () => {
    for (const old of ['6.0.16', '5.0.14', '3.2.0']) {
      const [finding, ...rest] = changed({ redis_version: old });
      assert.deepEqual([finding?.code, finding?.where, rest], ['version', 'h:1', []]);
      assert.match(finding!.message, new RegExp(`^Redis ${old} is too old: Redis 6\\.2`));
    }
    assert.match(changed({ valkey_version: '7.0.0' })[0]!.message, /^Valkey 7\.0\.0 is too old/);
    assert.match(changed({ redis_version: '' })[0]!.message, /does not tell its version/);
    for (const fine of ['6.2.0', '7.4.2', '10.0.0']) assert.deepEqual(changed({ redis_version: fine }), []);
  });

  test('an eviction policy is a danger only with a memory limit, and says what is dropped', () => {
    assert.deepEqual(changed({ maxmemory_policy: 'allkeys-lru' }), []);
    const limited = (maxmemory_policy: string) => changed({ maxmemory: '1048576', maxmemory_policy });
    assert.deepEqual(limited('noeviction'), []);
    for (const policy of ['allkeys-lru', 'allkeys-lfu', 'allkeys-random', 'allkeys-lrm']) {
      assert.match(limited(policy)[0]!.message, /whole partitions are dropped/, policy);
    }
    for (const policy of ['volatile-lru', 'volatile-ttl', 'volatile-random']) {
      assert.match(limited(policy)[0]!.message, /tokens chosen by a caller/, policy);
    }
  });

  test('memory that is nearly full says what comes then; clocks that are apart say whose counts', () => {
    const used = (used_memory: string, maxmemory_policy = 'noeviction') =>
      changed({ used_memory, maxmemory: '1000000', maxmemory_policy });
    assert.deepEqual(used('899999'), []);
    assert.match(used('900000')[0]!.message, /^90 % of maxmemory is used: .*creates and changes are refused/);
    assert.match(used('950000', 'volatile-lru').find(({ code }) => code === 'memory')!.message, /sessions are dropped/);
    assert.deepEqual(changed({ used_memory: '5000000' }), []);
    const at = (now: number | null) =>
      judge(`${HEALTHY['Redis 7.0']}server_time_usec:1700000000000000\r\n`, 'h:1', 0, now);
    assert.deepEqual([at(1_700_000_001_900), at(null)], [[], []]);
    assert.match(at(1_700_000_010_000)[0]!.message, /^its clock is 10 s behind/);
    assert.match(at(1_699_999_990_000)[0]!.message, /^its clock is 10 s ahead/);
  });

  test('without the append-only file it says what a stop costs, and what INFO does not tell', () => {
    const [never] = changed({ aof_enabled: '0' });
    assert.equal(never?.code, 'persistence');
    assert.match(never!.message, /no snapshot was taken since this server started \(INFO does not tell/);
    for (const snapshot of [{ rdb_last_bgsave_time_sec: '0' }, { rdb_saves: '2' }] as Record<string, string>[]) {
      assert.match(changed({ aof_enabled: '0', ...snapshot })[0]!.message, /sessions ended since then come back/);
    }
  });

  test('a disk that takes no writes is told for each of its two files', () => {
    assert.match(changed({ aof_last_write_status: 'err' })[0]!.message, /^the append-only file cannot be written/);
    assert.match(changed({ rdb_last_bgsave_status: 'err' })[0]!.message, /^the last snapshot failed/);
  });

  test('a replica that RS_REDIS_WAIT waits for counts when it is online, not while it still copies', () => {
    const copying = { slave0: 'ip=10.0.0.2,port=6379,state=wait_bgsave,offset=0,lag=0' };
    const online = { slave1: 'ip=10.0.0.3,port=6379,state=online,offset=14,lag=1' };
    assert.deepEqual(changed({}, 0), []);
    assert.match(changed({}, 1)[0]!.message, /^0 of the 1 replicas/);
    assert.match(changed(copying, 1)[0]!.message, /^0 of the 1 replicas/);
    assert.deepEqual(changed({ ...copying, ...online }, 1), []);
    assert.match(changed({ ...copying, ...online }, 2)[0]!.message, /^1 of the 2 replicas/);
  });

  test('a replica in the place of the master is one finding', () => {
    const findings = changed({ role: 'slave' }, 1);
    assert.deepEqual(
      findings.map(({ code }) => code),
      ['role'],
    );
  });

  test('a real server is read the same way', async (t) => {
    const { admin } = await startRedis(t, ['--maxmemory', '100mb', '--maxmemory-policy', 'allkeys-lru']);
    const codes = async () => judge(await admin.info(), 'h:1', 1).map(({ code }) => code);
    assert.deepEqual(await codes(), ['eviction', 'persistence', 'replicas']);
    await admin.config('SET', 'maxmemory-policy', 'noeviction', 'appendonly', 'yes');
    assert.deepEqual(await codes(), ['replicas']);
  });
});
