/** The journals of running servers: what nobody asked for is told, too, and what all of them see is told once. */
import assert from 'node:assert/strict';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { hashKey, newKey } from '../../src/keys/format.ts';
import { Client } from '../support/client.ts';
import { startRedis } from '../support/redis.ts';
import { type Cleanup, lastFirst, startServer, temporaryFolder } from '../support/server.ts';
import { until } from '../support/until.ts';

const APP = '/v1/apps/shop';
const EVENTS = { apps: { shop: { events: true, rotationGrace: 0 } } };

const STORES: Record<string, (cleanup: Cleanup) => Promise<string>> = {
  'the embedded store': async (cleanup) => `lmdb:${temporaryFolder(cleanup)}`,
  'one Redis server': async (cleanup) => `redis://127.0.0.1:${(await startRedis(cleanup)).port}`,
};

interface Told {
  readonly type: string;
  readonly subject?: string;
  readonly time: string;
  readonly data: Record<string, unknown>;
}

const keysOf = (...keys: [name: string, key: string][]) =>
  JSON.stringify({
    keys: keys.map(([name, key]) => ({ name, hash: hashKey(key), apps: '*', scopes: SCOPES })),
  });
const SCOPES = ['verify', 'read', 'write', 'revoke', 'admin'];

/** Files of a server that are replaced as a whole. */
function files(cleanup: Cleanup) {
  const folder = temporaryFolder(cleanup);
  const pathOf = (name: string) => join(folder, name);
  return {
    pathOf,
    write: (name: string, text: string) => {
      writeFileSync(`${pathOf(name)}.new`, text, { mode: 0o600 });
      renameSync(`${pathOf(name)}.new`, pathOf(name));
    },
  };
}

async function startWith(cleanup: Cleanup, env: Record<string, string>, key?: string) {
  const server = await startServer(cleanup, env);
  const client = new Client(server.url);
  cleanup.after(() => client.close());
  const headers = key === undefined ? {} : { Authorization: `Bearer ${key}` };
  const send = (method: string, path: string, body?: object, more: Record<string, string> = {}) =>
    client.send(method, path, body && JSON.stringify(body), { ...headers, ...more });
  const told = async (types: string, path = `${APP}/events`): Promise<Told[]> =>
    (await send('GET', `${path}?limit=1000&types=${types}`)).json.events;
  return { ...server, send, told };
}

for (const [name, open] of Object.entries(STORES)) {
  describe(`the journals of servers on ${name}`, () => {
    test('tell of what nobody has asked for since it has expired, with its deadline', async (t) => {
      const ends = lastFirst(t);
      const { write, pathOf } = files(ends);
      write('policy.json', JSON.stringify(EVENTS));
      const env = { RS_STORE: await open(ends), RS_CONFIG: pathOf('policy.json'), RS_SWEEP_INTERVAL: '1' };
      const { send, told } = await startWith(ends, env);
      const { json } = await send('POST', `${APP}/sessions`, { subject: 'ann', absoluteTimeout: 0.2 });
      await until(async () => (await told('session.ended')).length > 0, 'the end is told');
      const [ended, ...more] = await told('session.ended');
      const late = Date.now() - Date.parse(ended!.time);
      console.log(`told ${late} ms after the deadline, with a sweep each second`);
      assert.equal(more.length, 0);
      assert.equal(ended?.subject, json.session.id);
      assert.equal(ended?.time, json.session.absoluteExpiresAt);
      assert.deepEqual([ended?.data.reason, ended?.data.by, ended?.data.note], ['absolute', null, null]);
    });

    test('tell of a replaced token, and who and why of an end', async (t) => {
      const ends = lastFirst(t);
      const { write, pathOf } = files(ends);
      write('policy.json', JSON.stringify(EVENTS));
      const key = newKey();
      write('keys', keysOf(['support', key]));
      const env = { RS_STORE: await open(ends), RS_CONFIG: pathOf('policy.json'), RS_KEYS_FILE: pathOf('keys') };
      const { send, told } = await startWith(ends, env, key);
      const { json } = await send('POST', `${APP}/sessions`, { subject: 'ann', ip: '192.0.2.7' });
      const of = { 'Session-Token': json.token };
      const next = await send('POST', `${APP}/session/rotate`, {}, of);
      assert.equal((await send('GET', `${APP}/session`, undefined, of)).status, 404);
      await until(async () => (await told('session.suspect')).length > 0, 'the suspect is told');
      const [suspect] = await told('session.suspect');
      assert.equal(suspect?.subject, json.session.id);
      assert.deepEqual(suspect?.data.stored, { ip: '192.0.2.7', userAgent: null });
      await send('DELETE', `${APP}/session?reason=lost%20phone`, undefined, { 'Session-Token': next.json.token });
      await until(async () => (await told('session.ended')).length > 0, 'the end is told');
      const [{ data }] = (await told('session.ended')) as [Told];
      assert.deepEqual([data.reason, data.by, data.note], ['logout', 'support', 'lost phone']);
    });

    test('tell what a reload has changed once, though two servers have read it, by its names alone', async (t) => {
      const ends = lastFirst(t);
      const { write, pathOf } = files(ends);
      const key = newKey();
      write('policy.json', JSON.stringify(EVENTS));
      write('keys', keysOf(['admin', key]));
      const env = { RS_STORE: await open(ends), RS_CONFIG: pathOf('policy.json'), RS_KEYS_FILE: pathOf('keys') };
      const servers = [await startWith(ends, env, key), await startWith(ends, env, key)];
      const reloads = (words: string) => servers.every(({ output }) => output().includes(words));
      const [{ told, send }] = servers as [(typeof servers)[0]];
      const changed = async () =>
        (await told('policy.changed,key.changed', '/v1/events')).map(({ type, data }) => [type, data]);
      write('policy.json', JSON.stringify({ ...EVENTS, defaults: { idleTimeout: 100 } }));
      write('keys', keysOf(['admin', key], ['billing', newKey()]));
      await until(() => reloads('the policy file was read again') && reloads('the API keys were read again'));
      await until(async () => (await changed()).length >= 2, 'both are told');
      // What comes after a change of both that one of them was late with would be behind this one.
      write('policy.json', JSON.stringify({ ...EVENTS, defaults: { idleTimeout: 200 } }));
      await until(() => reloads('100 → 200'));
      await until(async () => (await changed()).length >= 3, 'the second one is told');
      const byType = (type: string) => changed().then((all) => all.filter(([of]) => of === type));
      const of = (...names: string[]) => ({ what: { changed: names }, by: null });
      assert.deepEqual(await byType('key.changed'), [['key.changed', of('billing')]]);
      const policies = await byType('policy.changed');
      assert.equal(policies.length, 2);
      assert.deepEqual(policies[1], ['policy.changed', of('/defaults/idleTimeout')]);
      assert.equal((await send('GET', '/v1/apps/_server/events')).status, 400, 'it is no app');
    });
  });
}
