import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { callerToken, freshApp, startService } from '../v1/harness.ts';
import { lmdb } from '../v1/stores.ts';

const service = await startService({ after }, lmdb);
const DEVICE = { ip: '1.1.1.1', userAgent: 'Firefox', label: 'L' };

test('O2: null in a PUT clears what is known of the device, and what is left out stays (kind: a null that is no null)', async () => {
  const app = service.app(freshApp());
  for (const token of [callerToken(), await app.token({ subject: 'u' })]) {
    await app.put(token, { subject: 'u', ...DEVICE });
    const shown = async () => {
      const { ip, userAgent, label } = (await app.get(token)).json;
      return { ip, userAgent, label };
    };
    assert.deepEqual(await shown(), DEVICE);
    await app.put(token, { subject: 'u' });
    assert.deepEqual(await shown(), DEVICE);
    for (const name of Object.keys(DEVICE)) {
      const { status, json } = await app.put(token, { subject: 'u', [name]: null });
      assert.deepEqual([status, json[name]], [200, null]);
      assert.deepEqual(await shown(), { ...DEVICE, [name]: null });
      // Also when the session moves to another subject in the same step.
      await app.put(token, { subject: 'v', ...DEVICE });
      assert.equal((await app.put(token, { subject: 'u', [name]: null })).json[name], null);
      assert.deepEqual(await shown(), { ...DEVICE, [name]: null });
      await app.put(token, { subject: 'u', ...DEVICE });
    }
  }
});

test('O2: null in every other body means none, too (kind: a null that is no null)', async () => {
  const app = service.app(freshApp());
  const nothing = { ip: null, userAgent: null, label: null };
  const { session } = (await app.create({ ...nothing, subject: null, data: {} })).json;
  assert.deepEqual([session.ip, session.userAgent, session.label, session.subject], [null, null, null, null]);
  const token = await app.token({ subject: 'u', ...DEVICE });
  assert.equal((await app.patch(token, { label: null })).json.label, null);
  assert.equal((await app.patch(token, { subject: null })).json.subject, null);
  const ended = await app.put(token, { subject: 'u', ip: null, idleTimeout: 0 });
  assert.deepEqual([ended.status, ended.json.ip], [200, null]);
});
