/** R1, a sibling: verbs that wait for the writer lock, because another process holds it and is stopped. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from '../support/client.ts';
import { startServer, temporaryFolder } from '../support/server.ts';
import { holdWriterLock } from '../support/writer-lock.ts';

const APP = '/v1/apps/short';
const POLICY = { apps: { short: { idleTimeout: 3, minIdleTimeout: 1, absoluteTimeout: 3600 } } };

test('R1: what ended while a verb waited for the writer has ended (kind: every verb, and two processes see the same)', async (t) => {
  const folder = temporaryFolder(t);
  const policy = join(folder, 'policy.json');
  writeFileSync(policy, JSON.stringify(POLICY));
  const env = { RS_STORE: `lmdb:${join(folder, 'store')}`, RS_CONFIG: policy, RS_LOGLEVEL: 'warn' };
  const servers = [await startServer(t, env), await startServer(t, env)];
  const [client, other] = servers.map(({ url }) => new Client(url)) as [Client, Client];
  t.after(() => [client, other].forEach((each) => void each.close()));
  const by = (token: string, headers: Record<string, string> = {}) => ({ 'Session-Token': token, ...headers });
  const json = (status: number, body: unknown) => [status, JSON.stringify(body)] as const;
  const gone = [404, null] as const;

  /** Each verb that writes, and what it answers of a session that ended meanwhile (null: whatever the problem says). */
  const verbs: Record<string, [(token: string) => ReturnType<Client['send']>, readonly [number, string | null]]> = {
    patch: [(token) => client.send('PATCH', `${APP}/session`, { set: { a: 1 } }, by(token)), gone],
    'patch of the subject': [(token) => client.send('PATCH', `${APP}/session`, { subject: 'b' }, by(token)), gone],
    data: [(token) => client.send('PUT', `${APP}/session/data`, { a: 1 }, by(token)), gone],
    replace: [(token) => client.send('PUT', `${APP}/session`, {}, by(token, { 'If-Match': '*' })), [412, null]],
    touch: [(token) => client.send('POST', `${APP}/session/touch`, { idleTimeout: 9 }, by(token)), gone],
    rotate: [(token) => client.send('POST', `${APP}/session/rotate`, {}, by(token)), gone],
    'rotate with a key': [
      (token) => client.send('POST', `${APP}/session/rotate`, {}, by(token, { 'Idempotency-Key': 'k' })),
      gone,
    ],
    'rotate to a subject': [(token) => client.send('POST', `${APP}/session/rotate`, { subject: 'b' }, by(token)), gone],
    end: [(token) => client.send('DELETE', `${APP}/session`, undefined, by(token)), json(200, { revoked: 0 })],
    'classic set': [(token) => client.send('POST', `/short/set/${token}`, { a: 1 }), json(200, {})],
    'classic kill': [(token) => client.send('DELETE', `/short/kill/${token}`), json(200, { kill: 0 })],
  };
  const made = await Promise.all(
    Object.keys(verbs).map(async (name) => ({ name, token: await client.create('short', name.replaceAll(' ', '-')) })),
  );
  // Its touches are committed before they are answered: its deadline is always near.
  const { token: urgent } = (await client.send('POST', `${APP}/sessions`, { idleTimeout: 1.9 })).json;
  const expiring = await client.create('short', 'expiring');
  const release = await holdWriterLock(t, join(folder, 'store'));
  const under = made.map(({ name, token }) => verbs[name]![0](token));
  const created = client.send('POST', `${APP}/sessions`, { subject: 'new' });
  const status = async (of: Client, token: string) =>
    (await of.send('GET', `${APP}/session`, undefined, by(token))).status;
  const touched = client.send('GET', `${APP}/session?touch=true`, undefined, by(urgent));
  for (const token of [...made.map((each) => each.token), urgent, expiring]) {
    for (const each of [client, other]) {
      for (let waited = 0; (await status(each, token)) !== 404; waited += 50) {
        assert.ok(waited < 30_000, 'it does not end');
        await delay(50);
      }
    }
  }
  // What is to be committed first makes a list wait, too.
  const listed = client.send('GET', `${APP}/sessions?view=ids`);
  await release();

  for (const [i, { name }] of made.entries()) {
    const [wanted, text] = verbs[name]![1];
    const answer = await under[i]!;
    // A rotation without a grace that finds nothing cannot tell an end from a faster one: it may say 409. Neither rotates.
    const says = name === 'rotate to a subject' && answer.status === 409 ? wanted : answer.status;
    assert.equal(says, wanted, `${name}: ${answer.text}`);
    if (text !== null) assert.equal(answer.text, text, name);
  }
  const login = made.find(({ name }) => name === 'rotate to a subject')!.token;
  assert.equal(
    (await verbs['rotate to a subject']![0](login)).status,
    404,
    'a login that came too late leaves nothing',
  );
  assert.equal((await touched).status, 404, 'a touch that came too late');
  for (const each of [client, other]) assert.equal(await status(each, urgent), 404, 'it was gone for both');
  const { status: code, json: fresh } = await created;
  assert.equal(code, 201);
  assert.equal(await status(other, fresh.token), 200, 'what was created begins when it is stored');
  for (const id of (await listed).json.ids) assert.equal(id, fresh.session.id, 'a list has nothing that has ended');
});
