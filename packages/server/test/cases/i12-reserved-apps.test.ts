import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { MAIN, temporaryFolder } from '../support/server.ts';
import { problemOf, startService } from '../v1/harness.ts';
import { memory } from '../v1/stores.ts';

const service = await startService({ after }, memory);
const client = service.clients[0]!;
const RULE = /must not begin with _, which is reserved/;

test('item 5: a v1 route of an app that begins with _ is 400 with the rule (kind: names of the server itself)', async () => {
  for (const name of ['_app', '__proto__', '_ab', `_${'x'.repeat(19)}`, '%5Fapp']) {
    for (const [method, path] of [
      ['POST', '/sessions'],
      ['GET', '/session'],
      ['GET', ''],
      ['GET', '/sessions'],
      ['GET', '/sessions:ids'],
      ['GET', '/sessions:count'],
      ['PATCH', '/session/data'],
      ['DELETE', `/sessions?confirm=${name}`],
      ['GET', '/activity'],
      ['POST', '/sessions:verify'],
    ] as const) {
      const answer = await client.send(method, `/v1/apps/${name}${path}`, undefined, { 'Session-Token': 'x' });
      assert.deepEqual(problemOf(answer), [400, 'invalid_format'], `${method} ${name}${path}`);
      assert.match(answer.json.detail, RULE);
      assert.deepEqual([answer.json.errors[0].in, answer.json.errors[0].parameter], ['path', 'app']);
    }
  }
  const type = { 'Content-Type': 'application/x-www-form-urlencoded' };
  const asked = await client.send('POST', '/v1/introspect', 'token=x&app=_app', type);
  assert.deepEqual(problemOf(asked), [400, 'invalid_format']);
  assert.match(asked.json.detail, RULE);
  for (const name of ['a_b', 'ab_', '-_-'])
    assert.equal((await client.send('POST', `/v1/apps/${name}/sessions`)).status, 201);
});

test('item 5: a classic route of an app that begins with _ is 400 with the rule (kind: names of the server itself)', async () => {
  const token = 'x'.repeat(64);
  for (const [method, path] of [
    ['PUT', '/_app/create/u?ip=1.1.1.1'],
    ['GET', `/_app/get/${token}`],
    ['POST', `/_app/set/${token}`],
    ['GET', '/_app/activity?dt=60'],
    ['GET', '/%5fapp/soapp?dt=60'],
    ['GET', '/_app/soid/u'],
    ['DELETE', `/_app/kill/${token}`],
    ['DELETE', '/_app/killsoid/u'],
    ['DELETE', '/__app/killall'],
  ] as const) {
    const { status, json } = await client.send(method, path);
    assert.deepEqual(
      [status, json],
      [400, { name: 'invalidFormat', message: 'Invalid app format: names that begin with _ are reserved' }],
      path,
    );
  }
});

test('item 5: a policy file that names such an app is refused, and so is a key for it (kind: names of the server itself)', () => {
  const folder = temporaryFolder({ after });
  const policy = join(folder, 'policy.json');
  writeFileSync(policy, '{"apps":{"_app":{}}}');
  const run = (args: string[], env: Record<string, string>) =>
    spawnSync(process.execPath, [MAIN, ...args], {
      env: { PATH: process.env.PATH, RS_STORE: 'memory:', RS_PORT: '0', ...env },
      encoding: 'utf8',
    });
  const served = run(['serve'], { RS_CONFIG: policy });
  assert.equal(served.status, 2, served.stdout);
  assert.match(served.stderr, RULE);
  assert.match(served.stderr, /\/apps\/_app/);
  const file = join(folder, 'keys.json');
  const keyed = run(['keys', 'create', '--name', 'a', '--apps', 'shop,_app', '--scopes', 'read', '--file', file], {});
  assert.notEqual(keyed.status, 0);
  assert.match(keyed.stderr, RULE);
  const hash = `sha256:${'0'.repeat(64)}`;
  const listed = run(['serve'], { RS_API_KEYS: `a:${hash}:_app:read` });
  assert.equal(listed.status, 2, listed.stdout);
  assert.match(listed.stderr, RULE);
});
