/** The client of operators against real servers: what each method gives, and what the key must be allowed to. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { keyListEntry } from '../../server/src/keys/entry.ts';
import { hashKey, newKey } from '../../server/src/keys/format.ts';
import { makeAuthority } from '../../server/test/support/certificates.ts';
import { forAllTests } from '../../server/test/support/redis.ts';
import { type Cleanup, startServer, temporaryFolder } from '../../server/test/support/server.ts';
import { until } from '../../server/test/support/until.ts';
import { startReceiver } from '../../server/test/webhooks/receiver.ts';
import { AdminClient } from '../src/admin/index.ts';
import { SessionClient, SessionConfigurationError, SessionNotFoundError } from '../src/index.ts';
import { counting } from './support.ts';

const SECRET = `whsec_${Buffer.alloc(24, 'a').toString('base64')}`;
const LONG = 20_000;

/** Gives the environment of a server whose apps have a policy. */
function policy(cleanup: Cleanup, apps: object): Record<string, string> {
  const file = join(temporaryFolder(cleanup), 'policy.json');
  writeFileSync(file, JSON.stringify({ defaults: { events: true, history: { days: 1 } }, apps }));
  return { RS_STORE: 'memory:', RS_CONFIG: file };
}

/** Makes a key. Gives it, and the entry that a server knows it by. */
function keyOf(name: string, apps: '*' | string[], scopes: string[]): { key: string; entry: string } {
  const key = newKey();
  return { key, entry: keyListEntry({ name, apps, scopes, hash: hashKey(key) }) };
}

describe('an admin client', () => {
  const server = forAllTests((cleanup) =>
    startServer(cleanup, policy(cleanup, { quiet: { events: false, history: null } })),
  );
  const admin = (more: object = {}) => new AdminClient({ url: server().url, timeout: LONG, ...more });
  const sessionsOf = (app: string) => new SessionClient({ url: server().url, app, timeout: LONG });

  test('apps are listed with their counts, and one of them tells its rules', async () => {
    await sessionsOf('counted').create({ subject: 'ann' });
    await sessionsOf('counted').create();
    const found = (await admin().apps()).find(({ app }) => app === 'counted');
    assert.deepEqual(found, { app: 'counted', subjects: 1, sessions: 2 });
    const { sessions, policy: rules } = await admin().app('counted').counts();
    assert.deepEqual([sessions, rules.idleTimeout], [2, 7200]);
    assert.deepEqual(await admin().app('counted').activity(600), { subjects: 1, sessions: 2 });
    assert.deepEqual(await admin().app('no-sessions').activity(), { subjects: 0, sessions: 0 });
  });

  test('sessions are listed, walked in pages of any size, counted, and looked up by id and by token', async () => {
    const app = admin().app('walked');
    const made = [];
    for (const subject of ['a', 'b', 'c']) made.push(await sessionsOf('walked').create({ subject }));
    const [{ token, session }] = made as [(typeof made)[0]];
    const names: (string | null)[] = [];
    const { fetch, requests } = counting();
    for await (const { subject } of admin({ fetch }).app('walked').each({ limit: 2 })) names.push(subject);
    assert.deepEqual([names.sort(), requests.length], [['a', 'b', 'c'], 2]);
    const ids = [];
    for await (const id of app.eachId({ limit: 1 })) ids.push(id);
    assert.deepEqual(ids.sort(), made.map((each) => each.session.id).sort());
    assert.equal((await app.list({ limit: 2 })).sessions.length, 2);
    assert.deepEqual([await app.count(), await app.count({ subject: 'b', activeWithin: 600 })], [3, 1]);
    assert.deepEqual(await app.get(session.id), session);
    assert.deepEqual(await app.findByToken(token), session, 'it counts no read');
    assert.equal(await app.findByToken('none'), null);
    assert.equal(await app.find('00aaaaaaaaaaaaaa'), null);
    await assert.rejects(app.get('../apps'), SessionNotFoundError);
  });

  test('a session ends by its id, once, and its history says who wanted it', async () => {
    const app = admin().app('ended');
    const { session } = await sessionsOf('ended').create({ subject: 'ann' });
    assert.deepEqual(
      [await app.revoke(session.id, { reason: 'lost phone' }), await app.revoke(session.id)],
      [true, false],
    );
    assert.equal(await app.revoke('no id'), false);
    const [entry] = await app.subject('ann').history();
    assert.deepEqual([entry?.id, entry?.reason, entry?.note], [session.id, 'revoked', 'lost phone']);
    assert.deepEqual([await app.subject('ann').eraseHistory(), await app.subject('ann').history()], [1, []]);
  });

  test('a subject is walked, counted and ended, all or all but one; a whole app ends by its name', async () => {
    const app = admin().app('bulk');
    const ann = app.subject('ann/ä');
    for (let i = 0; i < 3; i++) await sessionsOf('bulk').create({ subject: 'ann/ä' });
    const ids: string[] = [];
    for await (const { id } of ann.each({ limit: 1 })) ids.push(id);
    assert.deepEqual([ids.length, await ann.count(), (await ann.list({ limit: 2 })).sessions.length], [3, 3, 2]);
    assert.equal(await ann.revokeAll({ except: ids[0]!, reason: 'password changed' }), 2);
    assert.deepEqual(
      [(await ann.list()).sessions.map(({ id }) => id), await app.subject('bob').revokeAll()],
      [[ids[0]], 0],
    );
    await assert.rejects(app.revokeAll('other'), { code: 'invalid_request' });
    assert.equal(await app.revokeAll('bulk', { reason: 'test' }), 1);
    await assert.rejects(app.subject('..').list(), { code: 'invalid_request' });
  });

  test('events of one app and of all come in pages and as streams, and one that was left is gone on with', async () => {
    const { next } = await admin().eventsPage({ after: 'end' });
    const { session } = await sessionsOf('told-one').create({ subject: 'ann' });
    await sessionsOf('told-two').create({ subject: 'bob' });
    const page = await admin()
      .app('told-one')
      .eventsPage({ types: ['session.created'] });
    assert.deepEqual(
      page.events.map(({ subject }) => subject),
      [session.id],
    );
    const heard = async (after: string, count: number) => {
      const told: { source: string; position: string }[] = [];
      for await (const event of admin().events({ after, types: ['session.created'] })) {
        assert.ok(event.type !== 'resync');
        if (told.push(event) === count) break;
      }
      return told;
    };
    const both = await heard(next, 2);
    assert.deepEqual(both.map(({ source }) => source).sort(), ['/apps/told-one', '/apps/told-two']);
    assert.equal((await heard(both[0]!.position, 1))[0]!.source, both[1]!.source);
    await admin().app('told-one').revoke(session.id);
    for await (const event of admin().app('told-one').events({ after: page.next })) {
      assert.equal(event.type, 'session.ended');
      break;
    }
  });

  test('what is wrong is told by the first call, as that of the other client', async () => {
    await assert.rejects(admin().app('x').counts(), { code: 'wrong_app' });
    await assert.rejects(new AdminClient({ url: 'ftp://x' }).apps(), { code: 'wrong_url' });
    await assert.rejects(admin({ tls: {}, fetch }).apps(), { code: 'wrong_tls' });
    await assert.rejects(admin().app('quiet').eventsPage(), { code: 'invalid_request' });
    await assert.rejects(admin().app('counted').webhook('none').test(), { code: 'webhook_not_found', status: 404 });
    await assert.rejects(admin().app('counted').webhook('..').test(), { code: 'invalid_request' });
    const signal = AbortSignal.abort(new Error('enough'));
    await assert.rejects(admin().apps({ signal }), /enough/);
  });
});

test('a key does what its scopes and its apps let it, and the error names what is refused', async (t) => {
  const support = keyOf('support', ['shop'], ['read']);
  const root = keyOf('root', '*', ['verify', 'read', 'write', 'revoke', 'admin']);
  const { url } = await startServer(t, { RS_STORE: 'memory:', RS_API_KEYS: `${support.entry};${root.entry}` });
  const as = (key?: string) => new AdminClient({ url, key, timeout: LONG });
  for (const app of ['shop', 'desk']) {
    await new SessionClient({ url, app, key: root.key, timeout: LONG }).create({ subject: 'ann' });
  }
  assert.deepEqual(
    (await as(support.key).apps()).map(({ app }) => app),
    ['shop'],
  );
  assert.deepEqual((await as(root.key).apps()).map(({ app }) => app).sort(), ['desk', 'shop']);
  await assert.rejects(as().apps(), { code: 'wrong_key', status: 401 });
  const refused = as(support.key).app('shop').revokeAll('shop');
  await assert.rejects(refused, (error) => error instanceof SessionConfigurationError && error.status === 403);
  await assert.rejects(as(support.key).app('desk').count(), /in the app desk/);
});

test('policy, keys, series and audit log are read as the server has them', async (t) => {
  const root = keyOf('root', '*', ['verify', 'read', 'write', 'revoke', 'admin']);
  const log = join(temporaryFolder(t), 'audit.log');
  const env = { ...policy(t, { shop: { idleTimeout: 600 } }), RS_API_KEYS: root.entry, RS_AUDIT_LOG: log };
  const { url } = await startServer(t, env);
  const admin = new AdminClient({ url, key: root.key, timeout: LONG });
  const shop = admin.app('shop');
  const ids = [];
  for (const subject of ['ann', 'bob']) {
    const sessions = new SessionClient({ url, app: 'shop', key: root.key, timeout: LONG });
    ids.push((await sessions.create({ subject })).session.id);
  }
  for (const id of ids) await shop.revoke(id, { reason: `of ${id}` });
  const { values, file, reload } = await shop.policy();
  const found = (name: string) => values.find((value) => value.name === name);
  assert.deepEqual(found('idleTimeout'), { name: 'idleTimeout', value: 600, from: 'app' });
  assert.deepEqual([found('events')?.from, file, reload], ['defaults', 'policy.json', null]);
  const [key, ...others] = await admin.keys();
  assert.deepEqual([key?.name, key?.apps, key?.source, others], ['root', '*', 'environment', []]);
  assert.ok(key?.lastUsedAt !== null, 'it was used just now');
  const series = await shop.series('hour');
  const sum = (numbers: readonly number[] = []) => numbers.reduce((all, one) => all + one, 0);
  assert.deepEqual([series.step, sum(series.created), sum(series.ended.revoked)], [60, 2, 2]);
  const page = await admin.audit({ limit: 1 });
  assert.deepEqual([page.on, page.readable, page.entries.length], [true, true, 1]);
  const reasons = [];
  for await (const { outcome, reason } of admin.eachAudit({ limit: 1 })) if (outcome === 'done') reasons.push(reason);
  assert.deepEqual(reasons.slice(0, 2), ids.map((id) => `of ${id}`).reverse());
});

test('webhooks are listed, tried, set back, and let go on', async (t) => {
  let status = 410;
  const receiver = await startReceiver(t, () => status, SECRET);
  const webhooks = [{ name: 'mail', url: `${receiver.url}/hook`, secrets: [{ env: 'SECRET' }] }];
  const env = { ...policy(t, { shop: { webhooks } }), RS_WEBHOOK_NETWORKS: '127.0.0.0/8', SECRET };
  const { url } = await startServer(t, env);
  const app = new AdminClient({ url, timeout: LONG }).app('shop');
  const mail = app.webhook('mail');
  await new SessionClient({ url, app: 'shop', timeout: LONG }).create({ subject: 'ann' });
  const stands = async (state: string) => (await app.webhooks()).some((one) => one.state === state);
  await until(() => stands('disabled'), 'it is off');
  assert.deepEqual(await mail.test(), { delivered: false, status: 410, failure: 'it answered 410' });
  status = 204;
  assert.equal((await mail.test()).delivered, true);
  assert.deepEqual([await mail.enable(), await mail.enable()], [true, false]);
  await until(() => stands('active'), 'it goes on');
  assert.equal(await mail.replay('2020-01-01T00:00:00Z'), 1);
  assert.deepEqual([(await mail.deadLetters()).deadLetters, await mail.resendAll()], [[], { resent: 0, left: 0 }]);
  for await (const letter of mail.eachDeadLetter()) assert.fail(letter.id);
  await assert.rejects(mail.resend('1'), { code: 'dead_letter_not_found' });
});

test('a server of a private authority that asks for certificates is reached with both', async (t) => {
  const folder = temporaryFolder(t);
  const authority = makeAuthority(folder);
  const { cert, key } = authority.issue('server', '/CN=server', 'IP:127.0.0.1');
  const shown = authority.issue('operator', '/CN=operator', 'DNS:operator');
  const tls = { RS_TLS_CERT: cert, RS_TLS_KEY: key, RS_TLS_CLIENT_CA: authority.cert };
  const { url } = await startServer(t, { ...policy(t, {}), ...tls });
  const text = (path: string) => readFileSync(path, 'utf8');
  const own = { ca: text(authority.cert), cert: text(shown.cert), key: text(shown.key) };
  const admin = new AdminClient({ url, tls: own, timeout: LONG });
  await admin.app('shop').count();
  const { next } = await admin.eventsPage({ after: 'end' });
  const send = ['--silent', '--cacert', authority.cert, '--cert', shown.cert, '--key', shown.key, '-X', 'POST'];
  execFileSync('curl', [...send, `${url}/v1/apps/shop/sessions`]);
  for await (const told of admin.events({ after: next })) {
    assert.equal(told.type, 'session.created');
    break;
  }
  await assert.rejects(new AdminClient({ url, timeout: LONG }).apps(), { code: 'unreachable' });
});
