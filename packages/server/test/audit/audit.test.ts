/** The audit log of real servers, on every store: an act has its lines before its answer, and where they cannot be written nothing is done. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { hashKey, newKey } from '../../src/keys/format.ts';
import { Client } from '../support/client.ts';
import { startRedis } from '../support/redis.ts';
import { type Cleanup, MAIN, type ServerProcess, startServer, temporaryFolder } from '../support/server.ts';
import { until } from '../support/until.ts';

/** It lies where accounts that are not root do not look. */
const TOOLS = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` };
const hasLogrotate = spawnSync('logrotate', ['--version'], { env: TOOLS }).status === 0;
const NO_LOGROTATE = { skip: !hasLogrotate && process.env.CI !== 'true' && 'logrotate is not installed' };

const cleanups: (() => unknown)[] = [];
const suite: Cleanup = { after: (fn) => void cleanups.push(fn) };
after(async () => {
  for (const end of cleanups.reverse()) await end();
});

// biome-ignore lint/suspicious/noExplicitAny: a JSON document of any shape
type Line = any;

const allIn = (text: string): Line[] =>
  text
    .split('\n')
    .filter((line) => line.includes('"act":'))
    .map((line) => JSON.parse(line));
/** Without those about the server itself. */
const linesIn = (text: string): Line[] => allIn(text).filter(({ act }) => !act.startsWith('server.'));
const linesOf = (file: string) => linesIn(readFileSync(file, 'utf8'));

/** What is the same for each act: compared here, and taken away. */
function told(lines: readonly Line[]): Line[] {
  return lines.map(({ time, pid, id, ...rest }) => {
    assert.equal(new Date(time).toISOString(), time);
    assert.equal(typeof pid, 'number');
    assert.equal(typeof id, rest.outcome === 'refused' || rest.changes ? 'undefined' : 'string');
    return rest;
  });
}

const ADMIN = newKey();
const READER = newKey();
const KEYS = [
  { name: 'admin', hash: hashKey(ADMIN), apps: '*', scopes: ['verify', 'read', 'write', 'revoke', 'admin'] },
  { name: 'reader', hash: hashKey(READER), apps: ['shop'], scopes: ['verify', 'read'] },
];
const as = (key: string, more: Record<string, string> = {}) => ({ Authorization: `Bearer ${key}`, ...more });

interface Audited {
  readonly server: ServerProcess;
  readonly client: Client;
  readonly folder: string;
  readonly file: string;
}

async function start(env: Record<string, string> = {}): Promise<Audited> {
  const folder = join(temporaryFolder(suite), 'audit');
  await mkdir(folder);
  const [keys, policy, file] = [
    join(folder, '../keys.json'),
    join(folder, '../policy.json'),
    join(folder, 'audit.log'),
  ];
  writeFileSync(keys, JSON.stringify({ keys: KEYS }), { mode: 0o600 });
  writeFileSync(policy, '{}');
  const server = await startServer(suite, { RS_KEYS_FILE: keys, RS_CONFIG: policy, RS_AUDIT_LOG: file, ...env });
  const client = new Client(server.url);
  suite.after(() => client.close());
  return { server, client, folder, file };
}

async function create(client: Client, subject: string): Promise<{ token: string; id: string }> {
  const { status, json, text } = await client.send('POST', '/v1/apps/shop/sessions', { subject }, as(ADMIN));
  assert.equal(status, 201, text);
  return { token: json.token, id: json.session.id };
}

const stores: [name: string, env: () => Promise<Record<string, string>>][] = [
  ['memory', async () => ({ RS_STORE: 'memory:' })],
  ['lmdb', async () => ({})],
  ['redis', async () => ({ RS_STORE: `redis://127.0.0.1:${(await startRedis(suite)).port}` })],
];

for (const [name, env] of stores) {
  describe(`on ${name}`, () => {
    let audited: Audited;
    before(async () => {
      audited = await start(await env());
    });

    test('each end of sessions of others has a line before and one after, with who, what, how many and why', async () => {
      const { client, file } = audited;
      const { id } = await create(client, 'u1');
      const kept = await create(client, 'u1');
      await create(client, 'u1');
      const end = (path: string, more: Record<string, string> = {}) =>
        client.send('DELETE', path, undefined, as(ADMIN, { 'X-Request-Id': 'r-1', ...more }));
      const v1 = '/v1/apps/shop';
      assert.deepEqual((await end(`${v1}/sessions/${id}?reason=stolen%20phone`)).json, { revoked: 1 });
      assert.equal((await end(`${v1}/sessions/${kept.id}`, { 'If-Match': '"9"' })).status, 412);
      assert.deepEqual((await end(`${v1}/subjects/u1/sessions?except=${kept.id}`)).json, { revoked: 1 });
      assert.deepEqual((await end('/shop/killsoid/u1')).json, { kill: 1 });
      await create(client, 'u2');
      assert.deepEqual((await end(`${v1}/sessions?confirm=shop&reason=drill`)).json, { revoked: 1 });
      assert.deepEqual((await end('/shop/killall')).json, { kill: 0 });
      // These end nothing of others, or nothing.
      const own = await create(client, 'u3');
      assert.equal((await end(`${v1}/session`, { 'Session-Token': own.token })).json.revoked, 1);
      assert.equal((await end(`${v1}/sessions?dryRun=true`)).status, 200);
      assert.equal((await end(`${v1}/sessions`)).status, 400);
      assert.equal((await end(`${v1}/sessions/${id}?reason=`)).status, 400);
      assert.equal((await end(`${v1}/sessions/${id}?reason=${'x'.repeat(201)}`)).status, 400);

      const who = { key: 'admin', address: '127.0.0.1', requestId: 'r-1', app: 'shop' };
      const both = (act: string, what: object, how: object) => [
        { act, outcome: 'begun', ...who, ...what },
        { act, ...{ outcome: 'done', ...how }, ...who, ...what },
      ];
      assert.deepEqual(told(linesOf(file)), [
        ...both('session.end', { session: id, reason: 'stolen phone' }, { ended: 1 }),
        ...both('session.end', { session: kept.id }, { outcome: 'failed', code: 'version_mismatch' }),
        ...both('subject.end', { subject: 'u1', except: kept.id }, { ended: 1 }),
        ...both('subject.end', { subject: 'u1' }, { ended: 1 }),
        ...both('app.end', { reason: 'drill' }, { ended: 1 }),
        ...both('app.end', {}, { ended: 0 }),
      ]);
      const ids = linesOf(file).map(({ id }) => id);
      assert.deepEqual(
        ids.map((id, i) => id === ids[i ^ 1]),
        ids.map(() => true),
      );
      assert.equal(new Set(ids).size, ids.length / 2);
      assert.equal(statSync(file).mode & 0o777, 0o600);
    });

    test('a folder that is gone is 503 for such acts, and nothing is done; once it is back, all goes on', async () => {
      const { client, folder, file, server } = audited;
      const { id, token } = await create(client, 'u9');
      const read = () => client.send('GET', '/v1/apps/shop/session', undefined, as(ADMIN, { 'Session-Token': token }));
      renameSync(folder, `${folder}-away`);
      for (const path of [
        `/v1/apps/shop/sessions/${id}`,
        '/v1/apps/shop/subjects/u9/sessions',
        '/v1/apps/shop/sessions?confirm=shop',
        '/shop/killsoid/u9',
        '/shop/killall',
      ]) {
        const { status, json, headers } = await client.send('DELETE', path, undefined, as(ADMIN));
        assert.deepEqual(
          [status, json.code ?? json.name],
          [503, path.startsWith('/v1') ? 'audit_unavailable' : 'auditUnavailable'],
        );
        assert.equal(headers['retry-after'], '1');
        assert.equal((await read()).status, 200);
        const refused = await client.send('DELETE', path, undefined, as(READER));
        assert.equal(refused.status, 503);
      }
      // All else goes on.
      const own = await create(client, 'u9');
      const ended = await client.send('DELETE', `/shop/kill/${own.token}`, undefined, as(ADMIN));
      assert.deepEqual(ended.json, { kill: 1 });
      await until(() => server.output().includes('the audit log cannot be written'));
      renameSync(`${folder}-away`, folder);
      const before = linesOf(file).length;
      assert.equal((await client.send('DELETE', `/v1/apps/shop/sessions/${id}`, undefined, as(ADMIN))).status, 200);
      assert.equal((await read()).status, 404);
      assert.equal(linesOf(file).length, before + 2);
      await until(() => server.output().includes('the audit log is written again'));
    });
  });
}

describe('with keys', () => {
  let audited: Audited;
  before(async () => {
    audited = await start();
  });

  test('who may not is written down, with nothing of what they showed', async () => {
    const { client, file } = audited;
    const { token } = await create(client, 'u1');
    const wrong = newKey();
    const send = (path: string, headers: Record<string, string>) =>
      client.send('DELETE', path, undefined, { 'X-Request-Id': 'r-2', ...headers });
    const v1 = '/v1/apps/shop';
    assert.equal((await send(`${v1}/sessions?confirm=shop`, as(READER))).status, 403);
    assert.equal((await send('/blog/killsoid/u%20x', as(READER))).status, 403);
    assert.equal((await send('/shop/killall', {})).status, 401);
    assert.equal((await send(`${v1}/subjects/${token}/sessions`, as(wrong))).status, 401);
    assert.equal((await send(`${v1}/sessions/${ADMIN}`, as(READER))).status, 403);
    assert.equal((await client.send('GET', `${v1}/sessions`, undefined, as(wrong))).status, 401);
    // A token in the wrong place, by somebody who may.
    assert.equal((await send(`/shop/killsoid/${token}`, as(ADMIN))).status, 200);
    assert.equal((await send(`${v1}/sessions/x?reason=${token}`, as(ADMIN, { 'X-Request-Id': token }))).status, 200);
    const from = { address: '127.0.0.1', requestId: 'r-2' };
    assert.deepEqual(told(linesOf(file)).slice(0, 5), [
      { act: 'app.end', outcome: 'refused', key: 'reader', ...from, app: 'shop', code: 'forbidden' },
      {
        act: 'subject.end',
        outcome: 'refused',
        key: 'reader',
        ...from,
        app: 'blog',
        subject: 'u x',
        code: 'forbidden',
      },
      { act: 'app.end', outcome: 'refused', key: null, ...from, app: 'shop', code: 'unauthorized' },
      {
        act: 'subject.end',
        outcome: 'refused',
        key: null,
        ...from,
        app: 'shop',
        subject: '[secret]',
        code: 'unauthorized',
      },
      {
        act: 'session.end',
        outcome: 'refused',
        key: 'reader',
        ...from,
        app: 'shop',
        session: '[secret]',
        code: 'forbidden',
      },
    ]);
    const text = readFileSync(file, 'utf8');
    for (const secret of [token, wrong, ADMIN, READER]) assert.ok(!text.includes(secret));
    assert.ok(text.includes('"reason":"[secret]"'));
  });

  test('a flood of refusals does not fill the disk: what has no line is counted in the next', async () => {
    const { client, file } = audited;
    const before = linesOf(file).length;
    for (let i = 0; i < 100; i++) assert.equal((await client.send('DELETE', '/shop/killall')).status, 401);
    const lines = linesOf(file).slice(before);
    assert.ok(lines.length > 20 && lines.length < 90, `${lines.length}`);
    await until(async () => {
      await client.send('DELETE', '/shop/killall');
      return linesOf(file).at(-1).alsoRefused > 10;
    });
  });

  test('a change of policy or keys is written down before it is in force, and waits where it cannot be', async () => {
    const { client, folder, file, server } = audited;
    const [keys, policy] = [join(folder, '../keys.json'), join(folder, '../policy.json')];
    const changes = () => told(linesOf(file)).filter(({ act }) => act.endsWith('.change'));
    const ofShop = async () => (await client.send('GET', '/v1/apps/shop', undefined, as(ADMIN))).json.policy;
    writeFileSync(policy, '{"apps":{"shop":{"idleTimeout":600}}}');
    server.child.kill('SIGHUP');
    await until(() => changes().length === 1);
    await until(async () => (await ofShop()).idleTimeout === 600);
    const other = { ...KEYS[1], scopes: ['verify', 'revoke'] };
    writeFileSync(
      keys,
      JSON.stringify({ keys: [KEYS[0], other, { ...KEYS[1], name: 'new', hash: hashKey(newKey()) }] }),
    );
    await until(() => changes().length === 2);
    assert.deepEqual(changes(), [
      { act: 'policy.change', outcome: 'done', file: policy, changes: ['/apps/shop/idleTimeout: not set → 600'] },
      {
        act: 'keys.change',
        outcome: 'done',
        file: keys,
        changes: [
          'reader: scopes read,verify → revoke,verify',
          'new: new, apps shop, scopes read,verify, expires never',
        ],
      },
    ]);
    // Read again without a change: no line.
    server.child.kill('SIGHUP');
    renameSync(folder, `${folder}-away`);
    writeFileSync(policy, '{"apps":{"shop":{"idleTimeout":700}}}');
    await until(() => server.output().includes('the policy file is not read again for now'));
    assert.equal((await ofShop()).idleTimeout, 600);
    renameSync(`${folder}-away`, folder);
    await until(async () => (await ofShop()).idleTimeout === 700);
    assert.equal(changes().length, 3);
    assert.equal(server.output().split('the policy file is not read again for now').length, 2);
  });

  test('a file that was moved away is left by itself; SIGHUP makes the new one at once', async () => {
    const { client, file, server } = audited;
    renameSync(file, `${file}.1`);
    const before = readFileSync(`${file}.1`, 'utf8');
    assert.equal((await client.send('DELETE', '/shop/killall', undefined, as(ADMIN))).status, 200);
    assert.equal(readFileSync(`${file}.1`, 'utf8'), before);
    assert.equal(linesOf(file).length, 2);
    renameSync(file, `${file}.2`);
    server.child.kill('SIGHUP');
    await until(() => existsSync(file));
    assert.equal(statSync(file).mode & 0o777, 0o600);
    rmSync(file);
    assert.equal((await client.send('DELETE', '/shop/killall', undefined, as(ADMIN))).status, 200);
    // A line that a crash left in the middle does not swallow the next one.
    writeFileSync(file, `${readFileSync(file, 'utf8')}{"time":"2026`);
    assert.equal((await client.send('DELETE', '/shop/killall', undefined, as(ADMIN))).status, 200);
    const text = readFileSync(file, 'utf8').trimEnd().split('\n');
    assert.deepEqual(
      text.map((line) => line === '{"time":"2026' || JSON.parse(line).outcome),
      ['begun', 'done', true, 'begun', 'done'],
    );
  });
});

test('logrotate moves the file away, and the new one begins at once, in every worker', NO_LOGROTATE, async () => {
  const { client, file, folder, server } = await start({ RS_WORKERS: '2' });
  const end = () => client.send('DELETE', '/shop/killall', undefined, as(ADMIN));
  // On connections of their own, so that both workers write.
  await Promise.all(Array.from({ length: 40 }, end));
  assert.equal(new Set(linesOf(file).map(({ pid }) => pid)).size, 2);
  assert.equal(linesOf(file).length, 80);
  const rules = readFileSync(new URL('../../../../deploy/logrotate/rest-sessions', import.meta.url), 'utf8')
    .replace('/var/log/rest-sessions/audit.log', file)
    .replace(/systemctl kill .*/, `kill -HUP ${server.child.pid}`);
  const conf = join(folder, 'logrotate.conf');
  writeFileSync(conf, rules, { mode: 0o600 });
  const run = spawnSync('logrotate', ['--force', '--state', join(folder, 'state'), conf], {
    env: TOOLS,
    encoding: 'utf8',
  });
  assert.deepEqual([run.status, run.stderr], [0, '']);
  await until(() => existsSync(file));
  assert.equal(statSync(file).mode & 0o777, 0o600);
  const moved = gunzipSync(readFileSync(`${file}.1.gz`)).toString();
  assert.equal(linesIn(moved).length, 80);
  await Promise.all(Array.from({ length: 40 }, end));
  assert.equal(linesOf(file).length, 80);
  assert.equal(new Set(linesOf(file).map(({ pid }) => pid)).size, 2);
});

test('each start and stop has a line, from which follows what was in force: a start that follows on a start was a crash', async () => {
  const { file, folder, server } = await start();
  const ofServer = () => allIn(readFileSync(file, 'utf8')).filter(({ act }) => act.startsWith('server.'));
  const digestOf = (name: string) =>
    createHash('sha256')
      .update(readFileSync(join(folder, '..', name)))
      .digest('hex');
  await until(() => ofServer().length === 1);
  const [{ time, ...begun }] = ofServer();
  assert.equal(new Date(time).toISOString(), time);
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  assert.deepEqual(begun, {
    ...{ act: 'server.start', outcome: 'done', pid: server.child.pid, version, uid: process.getuid!() },
    ...{ store: begun.store, policy: digestOf('policy.json'), keys: digestOf('keys.json') },
  });
  assert.ok(server.output().includes(begun.store));
  assert.equal(await server.end(), 0);
  const [, { time: ended, ...end }] = ofServer();
  assert.ok(ended >= time);
  assert.deepEqual(end, { act: 'server.stop', outcome: 'done', pid: server.child.pid });

  const env = { RS_AUDIT_LOG: file, RS_STORE: `lmdb:${temporaryFolder(suite)}`, RS_WORKERS: '2' };
  const next = await startServer(suite, env);
  const outcomes = (act: string) => ofServer().filter((line) => line.act === act && line.pid !== server.child.pid);
  await until(() => outcomes('server.start').length === 2, 'one of each worker');
  for (const { policy, keys } of outcomes('server.start')) assert.deepEqual([policy, keys], [null, null]);
  assert.equal(await next.end(), 0);
  assert.equal(outcomes('server.stop').length, 2);
});

test('a disk that is full is 503 for such acts', async () => {
  const { client } = await start({ RS_AUDIT_LOG: '/dev/full', RS_STORE: 'memory:' });
  const { id } = await create(client, 'u1');
  const { status, json } = await client.send('DELETE', `/v1/apps/shop/sessions/${id}`, undefined, as(ADMIN));
  assert.deepEqual([status, json.code], [503, 'audit_unavailable']);
  assert.equal((await client.send('GET', `/v1/apps/shop/sessions/${id}`, undefined, as(ADMIN))).status, 200);
});

test('where a file may grow no more, no line is torn, and no act is without a line', async () => {
  const folder = temporaryFolder(suite);
  const [file, keys] = [join(folder, 'audit.log'), join(folder, 'keys.json')];
  writeFileSync(keys, JSON.stringify({ keys: KEYS }), { mode: 0o600 });
  // Units of ulimit: 512 or 1024 bytes; some twenty acts, in any case fewer than are tried.
  const command = ['sh', '-c', 'ulimit -f 8; exec "$0" "$@"', process.execPath] as const;
  const env = { RS_KEYS_FILE: keys, RS_AUDIT_LOG: file, RS_STORE: 'memory:' };
  const server = await startServer(suite, env, [...command, MAIN]);
  const client = new Client(server.url);
  suite.after(() => client.close());
  let done = 0;
  for (let i = 0; i < 60; i++) {
    const { id } = await create(client, `u${i}`);
    const { status } = await client.send('DELETE', `/v1/apps/shop/sessions/${id}`, undefined, as(ADMIN));
    const isThere = (await client.send('GET', `/v1/apps/shop/sessions/${id}`, undefined, as(ADMIN))).status === 200;
    assert.deepEqual([status, isThere], isThere ? [503, true] : [200, false]);
    if (status === 200) done++;
  }
  assert.ok(done > 5 && done < 55, `${done}`);
  const whole = linesIn(readFileSync(file, 'utf8').split('\n').slice(0, -1).join('\n'));
  const count = (outcome: string) => whole.filter((line) => line.outcome === outcome).length;
  // The second line of the last act may still be waited for.
  assert.ok(count('begun') >= done && count('done') >= done - 1 && count('done') <= done);
});

test('many acts at once share what is durable, and each line is whole', async () => {
  const { client, file } = await start({ RS_STORE: 'memory:' });
  const made = await Promise.all(Array.from({ length: 50 }, (_, i) => create(client, `u${i}`)));
  const ends = await Promise.all(
    made.map(({ id }) => client.send('DELETE', `/v1/apps/shop/sessions/${id}`, undefined, as(ADMIN))),
  );
  assert.ok(ends.every(({ json }) => json.revoked === 1));
  const lines = linesOf(file);
  assert.equal(lines.length, 100);
  assert.deepEqual(new Set(lines.map(({ session }) => session)), new Set(made.map(({ id }) => id)));
});

test('on standard error it comes between the lines of the log, and without keys nobody has a name', async () => {
  const server = await startServer(suite, { RS_STORE: 'memory:', RS_AUDIT_LOG: 'stderr', RS_LOGLEVEL: 'none' });
  const client = new Client(server.url);
  suite.after(() => client.close());
  await client.create('shop', 'u1');
  assert.deepEqual((await client.send('DELETE', '/shop/killall')).json, { kill: 1 });
  await until(() => linesIn(server.output()).length === 2);
  const [begun, done] = told(linesIn(server.output()));
  assert.deepEqual([begun.key, begun.outcome, done.outcome, done.ended], [null, 'begun', 'done', 1]);
});

test('a standard error that takes nothing is 503 for such acts, too', async () => {
  const command = ['sh', '-c', 'exec "$0" "$@" 2>/dev/full', process.execPath, MAIN] as const;
  const server = await startServer(suite, { RS_STORE: 'memory:', RS_AUDIT_LOG: 'stderr' }, command);
  const client = new Client(server.url);
  suite.after(() => client.close());
  const token = await client.create('shop', 'u1');
  const { status, json } = await client.send('DELETE', '/shop/killall');
  assert.deepEqual([status, json.name], [503, 'auditUnavailable']);
  assert.equal((await client.send('GET', `/shop/get/${token}`)).json.id, 'u1');
});

test('a place where it cannot be is a start that fails, with a sentence', async () => {
  const folder = temporaryFolder(suite);
  for (const place of [join(folder, 'none/audit.log'), folder]) {
    await assert.rejects(
      startServer(suite, { RS_STORE: 'memory:', RS_AUDIT_LOG: place }),
      /ended with 2 .*RS_AUDIT_LOG=".*" cannot be used: (?:its folder is not there|it is a folder); it must be/s,
    );
  }
});
