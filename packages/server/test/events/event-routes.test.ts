/** Events and the history over HTTP, on a store in memory, the embedded one and Redis; and what of a person is left when it is erased. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { hashKey, newKey } from '../../src/keys/format.ts';
import { forAllTests } from '../support/redis.ts';
import { startServer, temporaryFolder } from '../support/server.ts';
import { type OpenStoreOfSuite, openClient } from '../v1/harness.ts';
import { lmdb, memory, redis } from '../v1/stores.ts';

const POLICY = {
  apps: {
    shop: { events: true, history: { days: 30 } },
    blog: { events: true },
    plain: {},
    other: { events: true },
  },
};
const [all, some] = [newKey(), newKey()];

const bearer = (key: string) => ({ Authorization: `Bearer ${key}` });

for (const [name, open] of Object.entries<OpenStoreOfSuite>({ memory, lmdb, redis })) {
  describe(`events over HTTP on ${name}`, () => {
    const service = forAllTests(async (cleanup) => {
      const store = await open(cleanup);
      const folder = temporaryFolder(cleanup);
      writeFileSync(join(folder, 'policy.json'), JSON.stringify(POLICY));
      const auditLog = join(folder, 'audit.log');
      const server = await startServer(cleanup, {
        RS_CONFIG: join(folder, 'policy.json'),
        RS_AUDIT_LOG: auditLog,
        RS_LOGLEVEL: 'warn',
        RS_API_KEYS: `all:${hashKey(all)}:*:read,write,revoke,admin;some:${hashKey(some)}:shop,blog:read`,
        ...store.env,
      });
      const client = openClient(server.url);
      cleanup.after(() => client.close());
      return { store, server, client, auditLog };
    });

    const send = (method: string, path: string, body?: unknown, key = all) =>
      service().client.send(method, `/v1${path}`, body, bearer(key));

    const create = async (app: string, subject: string) => {
      const { json } = await send('POST', `/apps/${app}/sessions`, { subject, ip: '192.168.99.22', label: 'Phone' });
      return json.session.id as string;
    };

    test('a page has what came behind the position before, and a filter moves it on, too', async () => {
      const begin = (await send('GET', '/apps/shop/events?after=end')).json.next;
      const ann = await create('shop', 'ann');
      const bob = await create('shop', 'bob');
      await send('DELETE', `/apps/shop/sessions/${bob}?reason=stolen`);
      const page = (await send('GET', `/apps/shop/events?after=${begin}`)).json;
      assert.deepEqual(
        page.events.map(({ type, subject }: { type: string; subject: string }) => [type, subject]),
        [
          ['session.created', ann],
          ['session.created', bob],
          ['session.ended', bob],
        ],
      );
      const { data } = page.events[2];
      assert.deepEqual([data.reason, data.by, data.note, data.subject], ['revoked', 'all', 'stolen', 'bob']);
      const first = (await send('GET', `/apps/shop/events?after=${begin}&limit=1`)).json;
      const second = (await send('GET', `/apps/shop/events?after=${first.next}&limit=1`)).json;
      assert.deepEqual([first.events[0].subject, second.events[0].subject], [ann, bob]);
      const ended = (await send('GET', `/apps/shop/events?after=${begin}&types=session.ended,session.suspect`)).json;
      assert.deepEqual([ended.events.length, ended.next], [1, page.next]);
      const ofAnn = (await send('GET', `/apps/shop/events?after=${begin}&subject=ann`)).json;
      assert.deepEqual([ofAnn.events.length, ofAnn.next], [1, page.next]);
      assert.deepEqual((await send('GET', `/apps/shop/events?after=${page.next}`)).json.events, []);
    });

    test('what happened to one session, from an instant on', async () => {
      const before = await create('shop', 'eve');
      const { createdAt } = (await send('GET', `/apps/shop/sessions/${before}`)).json;
      const id = await create('shop', 'eve');
      await create('shop', 'dora');
      await send('DELETE', `/apps/shop/sessions/${id}?reason=lost`);
      await send('DELETE', '/apps/shop/subjects/eve/sessions');
      const told = async (query: string) => {
        const { status, json } = await send('GET', `/apps/shop/events?${query}`);
        assert.equal(status, 200);
        return {
          events: json.events.map(({ type, subject }: { type: string; subject: string }) => [type, subject]),
          more: json.more,
          resync: json.resync,
        };
      };
      const ofOne = [
        ['session.created', id],
        ['session.ended', id],
      ];
      // The form of instants is that of RFC 3339, so another zone is taken, too.
      for (const from of [createdAt, createdAt.replace('Z', '%2B00:00'), '2020-01-01T00:00:00Z']) {
        const { events, more } = await told(`session=${id}&after=${from}`);
        assert.deepEqual([events, more], [ofOne, undefined], from);
      }
      assert.deepEqual((await told(`session=${id}`)).events, ofOne);
      assert.deepEqual(await told(`session=${id}&after=${createdAt}&limit=1`), {
        ...{ events: [ofOne[0]], more: true, resync: undefined },
      });
      assert.deepEqual((await told(`session=${id}&types=session.ended&subject=eve&after=${createdAt}`)).events, [
        ofOne[1],
      ]);
      assert.deepEqual((await told(`session=${id}&subject=dora&after=${createdAt}`)).events, []);
      const later = await told('after=2999-01-01T00:00:00Z');
      assert.deepEqual(later, { events: [], more: undefined, resync: undefined });
      const all = (await send('GET', `/events?session=${id}&after=${createdAt}`)).json.events;
      assert.equal(all.length, 2);
    });

    test('all apps: what the key may read, and of the server only for a key for all', async () => {
      const begin = (await send('GET', '/events?after=end')).json.next;
      for (const app of ['shop', 'blog', 'other']) await create(app, 'carl');
      const sources = async (key: string) => {
        const { json } = await send('GET', `/events?after=${begin}`, undefined, key);
        return [...new Set(json.events.map(({ source }: { source: string }) => source))].sort();
      };
      assert.deepEqual(await sources(all), ['/apps/blog', '/apps/other', '/apps/shop']);
      assert.deepEqual(await sources(some), ['/apps/blog', '/apps/shop']);
    });

    test('a page that waits has what comes, and not what it would have waited for in vain', async () => {
      const { next } = (await send('GET', '/apps/blog/events?after=end')).json;
      const waits = send('GET', `/apps/blog/events?after=${next}&wait=20`);
      const id = await create('blog', 'dora');
      assert.equal((await waits).json.events[0].subject, id);
      const empty = await send('GET', `/apps/blog/events?after=${(await waits).json.next}&wait=0.2`);
      assert.deepEqual(empty.json.events, []);
    });

    test('what is asked wrongly is refused by name', async () => {
      const { next } = (await send('GET', '/apps/shop/events?after=end')).json;
      const faults: [string, string, string, string, string?][] = [
        ['/apps/shop/events?after=x', 'invalid_cursor', 'after', 'invalid_cursor'],
        [`/apps/blog/events?after=${next}`, 'invalid_cursor', 'after', 'invalid_cursor'],
        [`/events?after=${next}`, 'invalid_cursor', 'after', 'invalid_cursor'],
        ['/apps/shop/events', 'invalid_cursor', 'Last-Event-ID', 'invalid_cursor', 'x'],
        ['/apps/shop/events?types=session.gone', 'invalid_request', 'types', 'enum'],
        ['/apps/shop/events?types=', 'invalid_request', 'types', 'enum'],
        ['/apps/shop/events?wait=31', 'invalid_request', 'wait', 'format'],
        ['/apps/shop/events?limit=0', 'invalid_request', 'limit', 'format'],
        ['/apps/shop/events?after=2026-02-31T99:00:00Z', 'invalid_request', 'after', 'format'],
        ['/events?after=2026-02-30T00:00:00Z', 'invalid_request', 'after', 'format'],
        ['/apps/shop/events?session=x', 'invalid_request', 'session', 'format'],
        ['/apps/shop/events?since=1', 'invalid_request', 'since', 'unknown'],
        ['/apps/shop/events?wait=1', 'invalid_request', 'wait', 'context', ''],
        ['/apps/plain/events', 'invalid_request', 'app', 'events'],
        ['/apps/plain/subjects/ann/history', 'invalid_request', 'app', 'history'],
      ];
      for (const [path, code, at, rule, last] of faults) {
        const headers = { ...bearer(all), ...(last !== undefined && { Accept: 'text/event-stream' }) };
        const more = last ? { 'Last-Event-ID': last } : {};
        const { status, json } = await service().client.send('GET', `/v1${path}`, undefined, { ...headers, ...more });
        const [error] = json.errors;
        assert.deepEqual([status, json.code, error.parameter, error.rule], [400, code, at, rule], path);
      }
      assert.equal((await send('GET', '/apps/other/events', undefined, some)).status, 403);
      assert.equal((await send('DELETE', '/apps/shop/subjects/ann/history', undefined, some)).status, 403);
    });

    test('the history has what ended, the latest first, until it is erased; that is in the audit log', async () => {
      const person = 'erika.mustermann@example.org';
      const path = `/apps/shop/subjects/${person}`;
      const [first, second] = [await create('shop', person), await create('shop', person)];
      await send('DELETE', `/apps/shop/sessions/${first}?reason=lost%20the%20phone`);
      await send('DELETE', `${path}/sessions`);
      const { history } = (await send('GET', `${path}/history`)).json;
      assert.deepEqual(
        history.map(({ id, reason, by, note, ip, label }: Record<string, unknown>) => [
          id,
          reason,
          by,
          note,
          ip,
          label,
        ]),
        [
          [second, 'subject', 'all', null, '192.168.99.22', 'Phone'],
          [first, 'revoked', 'all', 'lost the phone', '192.168.99.22', 'Phone'],
        ],
      );
      assert.match(history[0].endedAt, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
      assert.deepEqual((await send('DELETE', `${path}/history`)).json, { erased: 2 });
      assert.deepEqual((await send('GET', `${path}/history`)).json, { history: [] });
      assert.deepEqual((await send('DELETE', `${path}/history`)).json, { erased: 0 });
      const acts = readFileSync(service().auditLog, 'utf8')
        .split('\n')
        .filter((line) => line.includes('history.erase'));
      assert.ok(acts.length >= 2);
      assert.ok(
        acts.some((line) => line.includes(person) && line.includes('"key":"all"')),
        acts.join('\n'),
      );
    });

    test('when history and sessions of a person are erased, nothing but the journal names them', async () => {
      const { store, server } = service();
      await server.end();
      const named = (await store.contents()).filter((line) => line.includes('erika.mustermann'));
      assert.ok(name === 'memory' || named.length > 0, 'the journal does, until it is trimmed');
      const others = named.filter((line) => !/^(?:\{"table":"journals"|\{drs:shop:e\}:e )/.test(line));
      assert.deepEqual(others, []);
    });
  });
}
