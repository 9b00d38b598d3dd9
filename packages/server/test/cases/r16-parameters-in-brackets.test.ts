import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { freshApp, startService } from '../v1/harness.ts';
import { memory } from '../v1/stores.ts';

const service = await startService({ after }, memory);
const client = service.clients[0]!;

test('R16: a classic parameter in brackets is 400 in the words of its field, and nothing is made (kind: a value nobody reads)', async () => {
  const app = freshApp();
  const ttl = [400, { name: 'invalidValue', message: 'ttl must be a positive integer >= 10' }];
  const ip = [400, { name: 'invalidFormat', message: 'Invalid ip format' }];
  for (const [query, refusal] of [
    ['ip=1.1.1.1&ttl[a]=20', ttl],
    ['ip=1.1.1.1&ttl[]=20', ttl],
    ['ip=1.1.1.1&ttl%5Ba%5D=20', ttl],
    ['ip=1.1.1.1&%74tl%5b%5d=20', ttl],
    ['ip=1.1.1.1&ttl[a][b]=20', ttl],
    ['ip=1.1.1.1&ttl[a]', ttl],
    ['ip=1.1.1.1&ttl[=20', ttl],
    ['ip=1.1.1.1&[ttl]=20', ttl],
    ['ip=1.1.1.1&ttl=20&ttl[a]=30', ttl],
    ['ttl[a]=20&ttl=30&ip=1.1.1.1', ttl],
    ['ip[]=1.1.1.1', ip],
    ['ip[0]=1.1.1.1', ip],
    ['ip=1.1.1.1&ip[]=1.1.1.1', ip],
    ['[ip]=1.1.1.1', ip],
  ] as const) {
    const { status, json } = await client.send('PUT', `/${app}/create/u?${query}`);
    assert.deepEqual([status, json], refusal, query);
  }
  for (const path of ['activity?dt[x]=60', 'activity?dt[]=60', 'activity?dt=60&dt[x]=1', 'soapp?%64t%5B%5D=60']) {
    const { status, json } = await client.send('GET', `/${app}/${path}`);
    assert.deepEqual([status, json], ttl, path);
  }
  assert.deepEqual((await client.send('GET', `/${app}/soid/u`)).json.sessions, []);
});

test('R16: names that are not ours are passed over as before (kind: a value nobody reads)', async () => {
  const query = 'ip=1.1.1.1&ttlx[a]=1&x[ttl]=1&ipad[]=1&TTL[a]=1&[]=1&=&%ff[=1';
  assert.equal((await client.send('PUT', `/${freshApp()}/create/u?${query}`)).status, 200);
});

test('R16: v1 refuses them as parameters it does not know, and `?=` as one without a name (O7) (kind: a value nobody reads)', async () => {
  const app = service.app(freshApp());
  const token = await app.token();
  for (const [query, name] of [
    ['?=', ''],
    ['?=1', ''],
    ['?&=&', ''],
    ['?touch[]=true', 'touch[]'],
    ['?touch%5Ba%5D=true', 'touch[a]'],
    ['?fields[0]=subject', 'fields[0]'],
  ] as const) {
    const { status, json } = await app.get(token, query);
    assert.deepEqual([status, json.errors[0].parameter, json.errors[0].rule], [400, name, 'unknown'], query);
  }
  for (const query of ['?', '?&', '?&&touch=true&']) assert.equal((await app.get(token, query)).status, 200, query);
  for (const path of ['/activity?within[x]=1', '/sessions?limit[]=1', '/sessions?=', '/activity?=']) {
    assert.equal((await app.send('GET', path)).status, 400, path);
  }
});
