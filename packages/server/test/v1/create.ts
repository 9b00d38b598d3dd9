import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { freshApp, idsOf, problemOf, type Service } from './harness.ts';

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** Waits until what comes is of a later millisecond: of two sessions of one, either may count as the older. */
const laterInstant = () => new Promise((resolve) => setTimeout(resolve, 5));

export function createSection(service: () => Service): void {
  describe('create', () => {
    test('answers 201 with the token, the session, its ETag and where it is found', async () => {
      const app = service().app(freshApp());
      const body = {
        subject: 'user123',
        ip: '192.168.99.22',
        userAgent: 'Firefox',
        label: 'Peter’s phone',
        data: { a: 1 },
      };
      const { status, headers, json } = await app.create(body);
      assert.equal(status, 201);
      assert.deepEqual(Object.keys(json), ['token', 'session'], 'and no `revoked` where nothing was ended');
      assert.match(json.token, /^[A-Za-z0-9]{40}$/);
      const { session } = json;
      assert.deepEqual(Object.keys(session), [
        ...['id', 'app', 'subject', 'createdAt', 'authenticatedAt', 'lastSeenAt', 'expiresAt', 'absoluteExpiresAt'],
        ...['idleTimeout', 'version', 'reads', 'ip', 'userAgent', 'label', 'data'],
      ]);
      const { id, createdAt, authenticatedAt, lastSeenAt, expiresAt, absoluteExpiresAt, ...rest } = session;
      assert.deepEqual(rest, { app: app.name, ...body, idleTimeout: 7200, version: 1, reads: 1 });
      assert.match(id, /^[0-9a-f]{2}[A-Za-z0-9]{14}$/);
      for (const instant of [createdAt, lastSeenAt, expiresAt, absoluteExpiresAt]) assert.match(instant, INSTANT);
      assert.equal(createdAt, lastSeenAt);
      assert.equal(createdAt, authenticatedAt);
      assert.equal(Date.parse(expiresAt) - Date.parse(createdAt), 7_200_000);
      assert.equal(Date.parse(absoluteExpiresAt) - Date.parse(createdAt), 2_592_000_000);
      assert.equal(headers.etag, '"1"');
      assert.equal(headers['cache-control'], 'no-store');
      assert.equal(headers.location, `/v1/apps/${app.name}/sessions/${id}`);
      assert.ok(!JSON.stringify(session).includes(json.token.slice(18)), 'the token is never in a session');
      const found = await service().clients[0]!.send('GET', String(headers.location));
      assert.deepEqual(found.json, session);
    });

    test('needs no body: a guest, with the timeouts of the policy', async () => {
      const app = service().app(freshApp());
      for (const body of [undefined, {}, { subject: null }]) {
        const { status, json } = await app.create(body);
        assert.equal(status, 201);
        const { subject, ip, userAgent, label, data, idleTimeout } = json.session;
        assert.deepEqual([subject, ip, userAgent, label, data, idleTimeout], [null, null, null, null, {}, 7200]);
      }
      assert.deepEqual((await app.send('GET', '/activity')).json, { subjects: 0, sessions: 3 });
    });

    test('is refused when the app has all the sessions of its quota, however it is asked', async () => {
      const app = service().app('quota');
      const made = await Promise.all(Array.from({ length: 8 }, (_, i) => app.create({ subject: `u${i}` })));
      assert.equal(made.filter(({ status }) => status === 201).length, 5);
      const full = [409, 'session_quota_reached'];
      assert.deepEqual(problemOf(made.find(({ status }) => status !== 201)!), full);
      const put = await app.send('PUT', '/session', {}, { 'Session-Token': 'of-the-caller-0123456789ab' });
      assert.deepEqual(problemOf(put), full);
    });

    test('takes no subject that is a step in a path: its sessions would be listed as those of the app', async () => {
      const app = service().app(freshApp());
      for (const subject of ['.', '..']) {
        assert.deepEqual(problemOf(await app.create({ subject })), [400, 'invalid_format']);
      }
      for (const subject of ['...', 'a/..', '.a']) {
        assert.equal((await app.create({ subject })).status, 201);
        const path = `/subjects/${encodeURIComponent(subject)}/sessions`;
        assert.equal((await app.send('GET', path)).json.sessions.length, 1, subject);
      }
    });

    test('ends the oldest sessions of a subject at its cap, and names them', async () => {
      const app = service().app('cap-oldest');
      const ids: string[] = [];
      for (let i = 0; i < 6; i++) {
        await laterInstant();
        const { json } = await app.create({ subject: 'oldest' });
        ids.push(json.session.id);
        if (i < 5) assert.equal(json.revoked, undefined);
        else assert.deepEqual(json.revoked, [ids[0]]);
        // The oldest was used last: it is its age that counts.
        await app.get(json.token, '?touch=true');
      }
      assert.deepEqual(idsOf(await app.ofSubject('oldest')).sort(), ids.slice(1).sort());
      assert.equal((await app.find(ids[0]!)).status, 404);
      assert.equal((await app.create({ subject: null })).json.revoked, undefined, 'guests have no cap');
    });

    test('ends those that were used least recently where the policy says so', async () => {
      const app = service().app('cap-idle');
      const first = await app.create({ subject: 'idle' });
      await laterInstant();
      const second = await app.create({ subject: 'idle' });
      await laterInstant();
      await app.create({ subject: 'idle' });
      await laterInstant();
      await app.get(first.json.token, '?touch=true');
      const { json } = await app.create({ subject: 'idle' });
      assert.deepEqual(json.revoked, [second.json.session.id]);
    });

    test('answers 409 with the sessions that are there, where the policy refuses more', async () => {
      const app = service().app('cap-refuse');
      const ids: string[] = [];
      for (let i = 0; i < 5; i++) ids.push((await app.create({ subject: 'full', data: { i } })).json.session.id);
      const refused = await app.create({ subject: 'full' });
      assert.deepEqual(problemOf(refused), [409, 'session_limit_reached']);
      assert.deepEqual(idsOf(refused).sort(), [...ids].sort());
      assert.ok(refused.json.sessions.every(({ data }: { data: { i: number } }) => typeof data.i === 'number'));
      await app.send('DELETE', `/sessions/${ids[0]}`);
      assert.equal((await app.create({ subject: 'full' })).status, 201);
    });

    test('the sessions of a 409 come as in a list, the one that was used last first', async () => {
      const app = service().app('cap-refuse');
      const made: { token: string; session: { id: string } }[] = [];
      for (let i = 0; i < 5; i++) made.push((await app.create({ subject: 'in-order' })).json);
      const [used] = made;
      await laterInstant();
      await app.touch(used!.token);
      const refused = await app.create({ subject: 'in-order' });
      assert.deepEqual(problemOf(refused), [409, 'session_limit_reached']);
      assert.equal(idsOf(refused)[0], used!.session.id);
      assert.deepEqual(idsOf(refused), idsOf(await app.ofSubject('in-order')));
    });

    test('refuses data past the size of the policy with 413, whichever way it comes in', async () => {
      const app = service().app('small');
      const data = { a: 'x'.repeat(93) };
      assert.deepEqual(problemOf(await app.create({ data })), [413, 'data_too_large']);
      const token = await app.token({ data: { a: 'x'.repeat(92) } });
      for (const refused of [
        await app.patch(token, { set: { b: 1 } }),
        await app.merge(token, { b: 1 }),
        await app.putData(token, data),
        await app.put(token, { data }),
        // Fewer characters than there are, and more bytes.
        await app.putData(token, { a: '€'.repeat(91) }),
      ]) {
        assert.deepEqual(problemOf(refused), [413, 'data_too_large']);
      }
      const { json } = await app.get(token);
      assert.deepEqual([json.version, json.data.a.length], [1, 92], 'the session is unchanged');
      assert.equal((await app.create({ data: { a: ' '.repeat(300_000) } })).json.code, 'body_too_large');
    });
  });
}
