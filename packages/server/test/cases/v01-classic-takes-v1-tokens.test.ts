import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { callerToken, freshApp, startService } from '../v1/harness.ts';
import { memory } from '../v1/stores.ts';

const service = await startService({ after }, memory);

test('V1: a login through v1 is read, changed and ended by pages on the classic API (kind: one session, two APIs)', async () => {
  const app = service.app(freshApp());
  const [client] = service.clients;
  const token = await app.token({ subject: 'u', data: { a: 1 } });
  assert.match(token, /^[A-Za-z0-9]{40}$/);
  const read = await client!.send('GET', `/${app.name}/get/${token}`);
  assert.deepEqual([read.status, read.json.id, read.json.d], [200, 'u', { a: 1 }]);
  const set = await client!.send('POST', `/${app.name}/set/${token}`, { b: 2 });
  assert.deepEqual([set.status, set.json.d], [200, { a: 1, b: 2 }]);
  assert.equal((await client!.send('GET', `/${app.name}/activity?dt=60`)).json.activity, 1);
  assert.deepEqual((await client!.send('DELETE', `/${app.name}/kill/${token}`)).json, { kill: 1 });
  assert.equal((await app.get(token)).status, 404);
});

test('V1: a token that a caller chose, and every other form, stays the 400 that 2.x gave (kind: one session, two APIs)', async () => {
  const app = service.app(freshApp());
  const chosen = callerToken();
  await app.put(chosen, { subject: 'u' });
  for (const token of [chosen, 'a'.repeat(40), 'x', `rs${'0'.repeat(37)}`, `rs${'0'.repeat(39)}`]) {
    const { status, text } = await service.clients[0]!.send('GET', `/${app.name}/get/${token}`);
    assert.deepEqual([status, text], [400, '{"name":"invalidFormat","message":"Invalid token format"}'], token);
  }
});
