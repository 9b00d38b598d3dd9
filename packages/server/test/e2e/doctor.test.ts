/** The doctor as an operator uses it: what it says, its exit codes, and that it disturbs no server. */
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { makeAuthority } from '../support/certificates.ts';
import { Client } from '../support/client.ts';
import { runCommand } from '../support/command.ts';
import { startRedis } from '../support/redis.ts';
import { MAIN, startServer, temporaryFolder } from '../support/server.ts';

interface Said {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function doctor(args: string[], env: Record<string, string> = {}): Promise<Said> {
  const options = { env: { PATH: process.env.PATH, ...env }, timeout: 120_000 };
  return new Promise((resolve) => {
    execFile(process.execPath, [MAIN, 'doctor', ...args], options, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });
}

describe('doctor', () => {
  test('finds nothing in a healthy Redis while a server works on it', async (t) => {
    const { port } = await startRedis(t, ['--appendonly', 'yes']);
    const store = `redis://127.0.0.1:${port}`;
    const { url } = await startServer(t, { RS_STORE: store });
    const client = new Client(url);
    t.after(() => client.close());
    let over = false;
    const worker = async (n: number) => {
      for (let i = 0; !over; i++) {
        const token = await client.create('shop', `u${(n + i) % 30}`);
        await client.send('POST', `/shop/set/${token}`, { text: 'x'.repeat((i % 3) * 300) });
        await client.send('GET', `/shop/get/${token}`);
        if (i % 2 === 0) await client.send('DELETE', `/shop/kill/${token}`);
      }
    };
    const load = Promise.all([1, 2, 3, 4].map(worker));
    for (let run = 0; run < 3; run++) {
      const { code, stdout, stderr } = await doctor(['--store', store]);
      assert.deepEqual([code, stdout.includes('Nothing is wrong.')], [0, true], stdout + stderr);
      assert.match(stderr, /^keys: .+ %\n/);
    }
    over = true;
    await load;
  });

  test('tells of damage and ends with 1, mends it and ends with 0, then has nothing to say', async (t) => {
    const { port, admin } = await startRedis(t, ['--appendonly', 'yes']);
    const store = `redis://127.0.0.1:${port}`;
    const server = await startServer(t, { RS_STORE: store });
    const client = new Client(server.url);
    t.after(() => client.close());
    await client.create('shop', 'user123');
    const [subjects] = await admin.keys('*:u');
    await admin.del(subjects!);
    const seen = await doctor([], { RS_STORE: store });
    assert.equal(seen.code, 1);
    assert.match(
      seen.stdout,
      /nothing was changed\n\nfault session-subject at \{drs:shop:..\}:s \S{16}\n {2}not among/,
    );
    assert.ok(!seen.stdout.includes('user123'));
    const mended = await doctor(['--repair', '--json'], { RS_STORE: store });
    const { left, findings } = JSON.parse(mended.stdout);
    assert.deepEqual([mended.code, left, findings[0].mended], [0, 0, 'entered']);
    assert.equal((await doctor([], { RS_STORE: store })).code, 0);
    assert.equal((await client.send('DELETE', '/shop/killsoid/user123')).json.kill, 1);
  });

  test('tells of settings that may cost sessions as the server does, and cannot mend those', async (t) => {
    const { port } = await startRedis(t, ['--maxmemory', '100mb', '--maxmemory-policy', 'allkeys-lru']);
    const { code, stdout } = await doctor(['--repair', '--json'], {
      RS_STORE: `redis://127.0.0.1:${port}`,
      RS_REDIS_WAIT: '1',
    });
    assert.equal(code, 1);
    const found = JSON.parse(stdout).findings.map((finding: { code: string }) => finding.code);
    assert.deepEqual(found, ['eviction', 'persistence', 'replicas']);
  });

  test('examines the embedded store beside its server', async (t) => {
    const store = `lmdb:${temporaryFolder(t)}`;
    const server = await startServer(t, { RS_STORE: store });
    const client = new Client(server.url);
    t.after(() => client.close());
    await client.create('shop', 'user123');
    for (const args of [[], ['--repair']]) {
      const { code, stdout } = await doctor(args, { RS_STORE: store });
      assert.deepEqual([code, /app shop: 1 sessions\nNothing is wrong\.\n$/.test(stdout)], [0, true], stdout);
    }
    if (process.platform !== 'linux') return;
    // On a terminal, where the bar is drawn. `script` gives the exit code of its command.
    const words = ['-qec', `'${process.execPath}' '${MAIN}' doctor`, '/dev/null'];
    const options = { env: { PATH: process.env.PATH, RS_STORE: store }, encoding: 'utf8', timeout: 120_000 } as const;
    const { status, stdout } = spawnSync('script', words, options);
    assert.deepEqual([status, /█ 100 % .*Nothing is wrong\./s.test(stdout)], [0, true], stdout);
  });

  test('refuses a password among its arguments, other stores and other words, with 2', async (t) => {
    const folder = temporaryFolder(t);
    for (const args of [
      ['--store', 'redis://joe:s3cret@127.0.0.1:6379'],
      ['--store', 'redis+cluster://:s3cret@127.0.0.1:6379'],
      ['--store', 'file:x'],
      ['--store', 'memory:'],
      ['--mend'],
      ['now'],
    ]) {
      const { code, stdout, stderr } = await doctor(args);
      assert.deepEqual([code, stdout], [2, ''], args.join(' '));
      assert.match(stderr, /^rest-sessions: .+\n/);
      assert.ok(!stderr.includes('s3cret'));
    }
    assert.match((await doctor(['--store', 'redis://:s3cret@127.0.0.1'])).stderr, /set RS_STORE instead/);
    assert.match((await doctor(['--store', 'file:x'])).stderr, /^rest-sessions: --store="file:x" is not allowed/);
    const missing = await doctor(['--store', `lmdb:${join(folder, 'none')}`]);
    assert.deepEqual([missing.code, existsSync(join(folder, 'none'))], [1, false]);
    assert.match(missing.stderr, /cannot be examined: no store in/);
  });

  test('with --quick looks at no session, and tells the rest', async (t) => {
    const { port, admin } = await startRedis(t, ['--maxmemory', '100mb', '--maxmemory-policy', 'allkeys-lru']);
    const env = { RS_STORE: `redis://127.0.0.1:${port}` };
    const { url } = await startServer(t, env);
    const shop = new Client(url);
    t.after(() => shop.close());
    await shop.create('shop', 'user123');
    await admin.del((await admin.keys('*:u'))[0]!);
    const codes = async (...args: string[]) => {
      const { code, stdout } = await doctor([...args, '--json'], env);
      return [code, JSON.parse(stdout).findings.map((finding: { code: string }) => finding.code)];
    };
    const [all, quick] = [await codes(), await codes('--quick')];
    assert.deepEqual(quick, [1, ['eviction', 'persistence']]);
    assert.ok((all[1] as string[]).length > 2, `${all}`);
    const both = await doctor(['--quick', '--repair'], env);
    assert.deepEqual([both.code, /--quick looks at no session/.test(both.stderr)], [2, true]);
    const store = `lmdb:${temporaryFolder(t)}`;
    const server = await startServer(t, { RS_STORE: store });
    const client = new Client(server.url);
    t.after(() => client.close());
    await client.create('shop', 'user123');
    const { code, stdout, stderr } = await doctor(['--quick'], { RS_STORE: store });
    assert.deepEqual([code, stderr], [0, ''], stdout);
    assert.match(stdout, /looked at, without its sessions, nothing was changed\n[\s\S]+Nothing is wrong\./);
  });

  test('tells of keys and certificates that end soon or cannot be used, also when the store is away', async (t) => {
    const folder = temporaryFolder(t);
    const authority = makeAuthority(folder);
    const { cert, key } = authority.issue('own', '/CN=localhost', 'DNS:localhost');
    const file = join(folder, 'keys.json');
    const day = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();
    const entry = (name: string, expiresAt?: string) => ({
      name,
      hash: `sha256:${createHash('sha256').update(name).digest('hex')}`,
      apps: '*',
      scopes: ['verify'],
      ...(expiresAt !== undefined && { expiresAt }),
    });
    const keys = [entry('soon', day(10)), entry('gone', day(-10)), entry('later', day(300)), entry('never')];
    writeFileSync(file, JSON.stringify({ keys }), { mode: 0o600 });
    writeFileSync(join(folder, 'policy.json'), '{"apps": 5}');
    const env = { RS_STORE: 'redis://127.0.0.1:1', RS_KEYS_FILE: file, RS_TLS_CERT: cert, RS_TLS_KEY: key };
    const { code, stdout, stderr } = await doctor(['--quick'], { ...env, RS_CONFIG: join(folder, 'policy.json') });
    assert.equal(code, 1);
    assert.match(stderr, /cannot be examined: connect ECONNREFUSED/);
    assert.match(stdout, /^setting key-expires at API key soon\n {2}it ends on \S+, in 9 days; renew it$/m);
    assert.match(stdout, /^state key-expires at API key gone\n {2}it ended on \S+; renew it$/m);
    assert.match(
      stdout,
      /^setting certificate-expires at the certificate of RS_TLS_CERT\n {2}it ends on .+ in 1 day;/m,
    );
    assert.match(stdout, /^setting policy at .+policy\.json\n {2}a server that starts now would refuse it: /m);
    assert.ok(!/later|never/.test(stdout), stdout);
    chmodSync(file, 0o666);
    const { stdout: refused } = await doctor(['--quick'], { ...env, RS_TLS_KEY: cert });
    assert.match(refused, /^setting keys at .+\n {2}a server that starts now would refuse it: .*may write it/m);
    assert.match(refused, /^setting tls at RS_TLS_CERT\n {2}a server that starts now would refuse it: RS_TLS_KEY/m);
  });

  test('tells of a configuration that a server would refuse, and looks at the store all the same', async (t) => {
    const store = `lmdb:${join(temporaryFolder(t), 'store')}`;
    const server = await startServer(t, { RS_STORE: store });
    const client = new Client(server.url);
    t.after(() => client.close());
    await client.create('shop', 'user123');
    const env = {
      RS_STORE: store,
      RS_CONFIG: '/gone',
      RS_TLS_CERT: '/gone.pem',
      RS_TLS_KEY: '/gone.key',
      RS_PROT: '1',
    };
    const { code, stdout, stderr } = await doctor(['--json'], { ...env, RS_HOST: '0.0.0.0' });
    const { findings, apps, failure } = JSON.parse(stdout);
    assert.deepEqual([code, failure, apps[0].sessions], [1, null, 1], stderr);
    const told = findings.map((one: Record<string, string>) => `${one.kind} ${one.code} ${one.where}`);
    assert.deepEqual(
      told.filter((one: string) => one.startsWith('setting configuration')).sort(),
      ['RS_CONFIG', 'RS_HOST', 'RS_PROT', 'RS_TLS_CERT', 'RS_TLS_KEY'].map((name) => `setting configuration ${name}`),
    );
    for (const words of [['stats'], ['backup', join(temporaryFolder(t), 'made')], ['export']]) {
      const ran = await runCommand(words, { env: { ...env, RS_HOST: '0.0.0.0' } });
      assert.equal(ran.status, 0, `${words}: ${ran.stderr}`);
    }
  });

  test('with --json says on standard output also why a store cannot be examined', async () => {
    const { code, stdout, stderr } = await doctor(['--store', 'redis://127.0.0.1:1', '--json']);
    const { failure, apps } = JSON.parse(stdout);
    assert.deepEqual([code, apps], [1, null]);
    assert.match(failure, /^connect ECONNREFUSED/);
    assert.ok(stderr.endsWith(`rest-sessions: redis://127.0.0.1:1 cannot be examined: ${failure}\n`), stderr);
  });

  test('says within seconds that a Redis is away', async () => {
    const { code, stderr } = await doctor(['--store', 'redis://127.0.0.1:1']);
    assert.equal(code, 1);
    assert.match(stderr, /cannot be examined: connect ECONNREFUSED/);
  });
});
