import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { forAllTests } from '../support/redis.ts';
import { freshApp, idsOf, type OpenStoreOfSuite, problemOf, startService } from '../v1/harness.ts';
import { cluster, lmdb, memory, redis } from '../v1/stores.ts';

const STORES: Record<string, OpenStoreOfSuite> = { memory, lmdb, redis, 'redis cluster': cluster };
/** 255 characters of four bytes each: the longest subject that there is. */
const EMOJI = '😀'.repeat(255);

for (const [name, open] of Object.entries(STORES)) {
  describe(`R11 on ${name}`, () => {
    const service = forAllTests((cleanup) => startService(cleanup, open));

    test('R11: a login with long subject, address and browser works from create to revoke (kind: a limit below the field’s)', async () => {
      const app = service().app(freshApp());
      const device = {
        ip: '0000:0000:0000:0000:0000:ffff:192.168.100.228%enp0s31f6a1',
        userAgent: '😀'.repeat(2048),
        label: '😀'.repeat(128),
      };
      for (const subject of ['x'.repeat(255), EMOJI]) {
        const made = await app.create({ subject, ...device, data: { a: 1 } });
        assert.equal(made.status, 201, made.text);
        const { token, session } = made.json;
        const { ip, userAgent, label } = (await app.get(token)).json;
        assert.deepEqual({ ip, userAgent, label }, device);
        assert.equal((await app.patch(token, { set: { b: 2 } })).json.subject, subject);
        assert.equal((await app.touch(token, { ip: '::1', userAgent: 'x' })).json.ip, '::1');
        const { token: second } = (await app.create({ subject })).json;
        assert.equal((await app.ofSubject(subject)).json.sessions.length, 2);
        assert.deepEqual(idsOf(await app.list(`?subject=${encodeURIComponent(subject)}&limit=2`)).length, 2);
        assert.equal((await app.send('GET', '/activity')).json.sessions, 2);
        const moved = await app.rotate(second, { subject: `${subject.slice(2)}!` });
        assert.equal(moved.status, 200, moved.text);
        assert.deepEqual(idsOf(await app.ofSubject(subject)), [session.id]);
        assert.equal((await app.endSubject(`${subject.slice(2)}!`)).json.revoked, 1);
        assert.equal((await app.endSubject(subject)).json.revoked, 1);
        assert.equal((await app.get(token)).status, 404);
      }
    });

    test('R11: one character more is refused, with the field and its limit (kind: a limit below the field’s)', async () => {
      const app = service().app(freshApp());
      const limits = { subject: 255, ip: 64, userAgent: 2048, label: 128 };
      for (const [field, limit] of Object.entries(limits)) {
        for (const character of ['x', '😀']) {
          const answer = await app.create({ [field]: character.repeat(limit + 1) });
          assert.deepEqual(problemOf(answer), [400, 'invalid_format']);
          assert.match(answer.json.detail, new RegExp(`^${field} must be 1 to ${limit} characters`));
        }
      }
    });

    test('R11: nothing of the longest sessions is wrong to an audit of the store', async () => {
      const app = service().app(freshApp());
      for (let i = 0; i < 3; i++) await app.token({ subject: EMOJI, userAgent: '😀'.repeat(2048) });
      await service().stop();
      assert.deepEqual(await service().store.faults(), []);
    });
  });
}

test('R11: the classic routes keep the limits of 2.x, and show longer ids that v1 made (kind: a limit below the field’s)', async () => {
  const service = await startService({ after }, memory);
  const [client] = service.clients;
  const app = service.app(freshApp());
  const create = (id: string, ip: string) => client!.send('PUT', `/${app.name}/create/${id}?ip=${ip}`);
  assert.equal((await create('x'.repeat(128), '1'.repeat(39))).status, 200);
  assert.match((await create('x'.repeat(129), '1.1.1.1')).text, /Invalid id format/);
  assert.match((await create('x', '1'.repeat(40))).text, /Invalid ip format/);
  for (const [method, word] of [
    ['GET', 'soid'],
    ['DELETE', 'killsoid'],
  ] as const) {
    assert.match((await client!.send(method, `/${app.name}/${word}/${'x'.repeat(129)}`)).text, /Invalid id format/);
  }
  const subject = 'y'.repeat(255);
  const ip = '1'.repeat(64);
  const token = await app.token({ subject, ip });
  const { id, ip: shown } = (await client!.send('GET', `/${app.name}/get/${token}`)).json;
  assert.deepEqual([id, shown], [subject, ip]);
  const { sessions } = (await client!.send('GET', `/${app.name}/soapp?dt=60`)).json;
  assert.deepEqual(sessions.map((session: { id: string }) => session.id).includes(subject), true);
});
