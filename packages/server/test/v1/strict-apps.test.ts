/** The v1 API where only the apps of the policy file are served. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { startServer, temporaryFolder } from '../support/server.ts';
import { until } from '../support/until.ts';
import { openClient, problemOf, V1 } from './harness.ts';

test('an app that is no longer served is 404 on every route, in no list, and its tokens are active nowhere', async (t) => {
  const path = join(temporaryFolder(t), 'policy.json');
  writeFileSync(path, '{}');
  const server = await startServer(t, { RS_STORE: 'memory:', RS_CONFIG: path });
  const client = openClient(server.url);
  t.after(() => client.close());
  const [shop, old] = [new V1(client, 'shop'), new V1(client, 'old')];
  const [kept, token] = [await shop.token({ subject: 'a' }), await old.token({ subject: 'a' })];
  writeFileSync(path, '{"strictApps":true,"apps":{"shop":{}}}');
  server.child.kill('SIGHUP');
  await until(() => server.output().includes('was read again'));
  for (const answer of [
    await old.create(),
    await old.get(token),
    await old.patch(token, { set: { a: 1 } }),
    await old.put(token),
    await old.putData(token, {}),
    await old.mergeData(token, {}),
    await old.touch(token),
    await old.rotate(token),
    await old.end(token),
    await old.list(),
    await old.send('GET', '/sessions:ids'),
    await old.send('GET', '/sessions:count'),
    await old.send('GET', '/subjects/a/sessions:ids'),
    await old.send('GET', '/subjects/a/sessions:count'),
    await old.find('00aaaaaaaaaaaaaa'),
    await old.ofSubject('a'),
    await old.endSubject('a'),
    await old.send('GET', ''),
    await old.send('GET', '/activity'),
    await old.send('GET', '/policy'),
    await old.send('GET', '/series'),
    await old.send('DELETE', '/sessions?confirm=old'),
    await old.send('POST', '/sessions:verify', { tokens: [token] }),
  ]) {
    assert.deepEqual(problemOf(answer), [404, 'app_not_found']);
    assert.deepEqual([answer.json.errors[0].parameter, answer.json.errors[0].in], ['app', 'path']);
  }
  const apps = (await client.send('GET', '/v1/apps')).json.apps;
  assert.deepEqual(apps, [{ app: 'shop', subjects: 1, sessions: 1 }]);
  const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
  const active = async (body: string) => (await client.send('POST', '/v1/introspect', body, form)).json.active;
  assert.deepEqual(
    [await active(`token=${token}`), await active(`token=${token}&app=old`), await active(`token=${kept}`)],
    [false, false, true],
  );
  assert.equal((await shop.get(kept)).status, 200);
});
