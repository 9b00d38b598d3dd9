/** S11 and N14: calls with wrong keys are limited by address and counted, and told what is wrong with them. */
import assert from 'node:assert/strict';
import { request as send } from 'node:http';
import { after, describe, test } from 'node:test';
import { hashKey, newKey } from '../../src/keys/format.ts';
import { RateLimiter } from '../../src/limits/rate-limiter.ts';
import { networkOf, WrongKeys } from '../../src/limits/wrong-keys.ts';
import { startServer } from '../support/server.ts';
import { until } from '../support/until.ts';

const key = newKey();
const env = { RS_STORE: 'memory:', RS_API_KEYS: `web:${hashKey(key)}:*:verify,read,write` };
const WRONG = `Bearer ${newKey()}`;
const RIGHT = `Bearer ${key}`;

interface Got {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly challenge: string | undefined;
  readonly body: string;
}

/** Asks from an address of this machine. Loopback has many. */
function ask(
  port: number,
  authorization: string | null,
  path = '/v1/apps',
  localAddress = '127.0.0.1',
  method = 'GET',
): Promise<Got> {
  return new Promise((resolve, reject) => {
    const headers = authorization === null ? {} : { Authorization: authorization };
    const asked = send({ port, host: '127.0.0.1', localAddress, path, method, headers, agent: false }, (answer) => {
      let body = '';
      answer.setEncoding('utf8').on('data', (text) => {
        body += text;
      });
      answer.on('end', () => {
        const { 'retry-after': retryAfter, 'www-authenticate': challenge } = answer.headers;
        resolve({ status: answer.statusCode ?? 0, retryAfter, challenge, body });
      });
    });
    asked.on('error', reject).end();
  });
}

describe('S11: calls with wrong keys', () => {
  test('S11: past the limit are 429 with Retry-After for their address; right keys from it do not feel it, nor do others (kind: guessing)', async (t) => {
    const server = await startServer(t, { ...env, RS_RATE_WRONG_KEYS: '1:5' });
    const wrong = [WRONG, key, 'Bearer', `Digest ${key}`, `Basic ${btoa('u:nope')}`];
    for (const authorization of wrong) assert.equal((await ask(server.port, authorization)).status, 401, authorization);
    // A busy machine may let a second pass meanwhile, and with it one more call.
    const pastLimit = async (path?: string) => {
      let answer = await ask(server.port, WRONG, path);
      for (let i = 0; i < 1000 && answer.status === 401; i++) answer = await ask(server.port, WRONG, path);
      return answer;
    };
    const refused = await pastLimit();
    assert.equal(refused.status, 429);
    assert.match(String(refused.retryAfter), /^[1-9]\d*$/);
    assert.equal(JSON.parse(refused.body).code, 'rate_limited');
    assert.ok(!refused.body.includes(WRONG.slice(7)));
    const classic = await pastLimit('/shop/activity?dt=60');
    assert.deepEqual(
      [classic.status, JSON.parse(classic.body).name],
      [429, 'rateLimited'],
      'every guarded route, in its form',
    );
    for (const authorization of [RIGHT, `Basic ${btoa(`u:${key}`)}`]) {
      assert.equal((await ask(server.port, authorization)).status, 200, 'a right key');
    }
    assert.equal((await ask(server.port, null)).status, 401, 'no key is no guess');
    assert.equal((await ask(server.port, WRONG, '/ping')).status, 200, 'a route for everyone');
    assert.equal((await ask(server.port, WRONG, '/v1/apps', '127.0.0.2')).status, 401, 'another address has its own');
    await until(
      () => /"address":"127\.0\.0\.1"[^\n]*many calls with wrong API keys/.test(server.output()),
      server.output,
    );
    assert.ok(!server.output().includes(WRONG.slice(7)));
  });

  test('S11: the limit is on without being asked for', async (t) => {
    const server = await startServer(t, env);
    const statuses = new Set<number>();
    for (let i = 0; i < 20; i++) {
      const some = await Promise.all(Array.from({ length: 50 }, () => ask(server.port, WRONG)));
      for (const { status } of some) statuses.add(status);
    }
    assert.deepEqual([...statuses].sort(), [401, 429]);
    assert.equal((await ask(server.port, RIGHT)).status, 200);
  });

  test('S11: are counted for the metrics to come, those turned away too', () => {
    const wrong = new WrongKeys(new RateLimiter({ perSecond: 1, burst: 3 }));
    const now = 1_800_000_000_000;
    const allowed = Array.from({ length: 5 }, () => wrong.note('10.0.0.1', now)?.allowed);
    assert.deepEqual(allowed, [true, true, true, false, false]);
    assert.equal(wrong.note('10.0.0.1', now + 1000)?.allowed, true, 'one a second comes back');
    assert.equal(wrong.note(undefined, now), null);
    assert.deepEqual(wrong.counts, { all: 7, limited: 2 });
  });

  test('S11: memory stays small however many addresses there are', () => {
    const limiter = new RateLimiter({ perSecond: 1, burst: 3 });
    const wrong = new WrongKeys(limiter);
    for (let i = 0; i < 100_000; i++)
      wrong.note(`2001:db8:${(i >> 8).toString(16)}:${(i & 255).toString(16)}::1`, 1_800_000_000_000);
    assert.equal(limiter.size, 10_000);
    assert.equal(wrong.counts.all, 100_000);
  });

  test('S11: IPv4 is one address however it is written, IPv6 counts by /64', () => {
    const same: readonly (readonly [address: string, network: string])[] = [
      ['192.0.2.1', '192.0.2.1'],
      ['::ffff:192.0.2.1', '192.0.2.1'],
      ['::FFFF:192.0.2.1', '192.0.2.1'],
      ['::1', '0:0:0:0::/64'],
      ['2001:db8:1:2::1', '2001:db8:1:2::/64'],
      ['2001:db8:1:2:ffff:ffff:ffff:ffff', '2001:db8:1:2::/64'],
      ['2001:DB8:1:2:3:4:192.0.2.1', '2001:db8:1:2::/64'],
      ['2001:db8::1', '2001:db8:0:0::/64'],
      ['2001:0db8:0000:0000:1::', '2001:db8:0:0::/64'],
      ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ];
    for (const [address, network] of same) assert.equal(networkOf(address), network, address);
  });
});

describe('N14: a key that is not shown as it should be', async () => {
  const server = await startServer({ after }, { ...env, RS_RATE_WRONG_KEYS: '1000:1000' });
  const cases: readonly (readonly [what: string, authorization: string, message: RegExp])[] = [
    ['the key alone', key, /scheme is missing.*Bearer KEY/],
    ['something else alone', 'secret', /scheme is missing/],
    ['Bearer alone', 'Bearer', /Bearer and no key/],
    ['bearer and spaces', 'bearer   ', /Bearer and no key/],
    ['Token', `Token ${key}`, /scheme of Authorization must be Bearer/],
    ['Digest', `Digest username="${key}"`, /scheme of Authorization must be Bearer/],
    ['Bearer: with a colon', `Bearer: ${key}`, /scheme of Authorization must be Bearer/],
    ['Basic alone', 'Basic', /USER:KEY in base64/],
    ['Basic with the bare key', `Basic ${key}`, /USER:KEY in base64/],
    ['Basic without a colon', `Basic ${btoa(key)}`, /USER:KEY in base64/],
    ['Basic that is no base64', 'Basic !!!', /USER:KEY in base64/],
    ['Basic with the key as user', `Basic ${btoa(`${key}:`)}`, /not known/],
    ['a wrong key', WRONG, /not known/],
  ];
  for (const [what, authorization, message] of cases) {
    test(`N14: ${what} is 401 that says what is missing (kind: forms of Authorization)`, async () => {
      for (const path of ['/v1/apps', '/shop/activity?dt=60']) {
        const { status, challenge, body } = await ask(server.port, authorization, path);
        assert.equal(status, 401);
        assert.equal(challenge, 'Bearer realm="rest-sessions", error="invalid_token"');
        const { detail, message: said } = JSON.parse(body);
        assert.match(detail ?? said, message);
        assert.ok(!body.includes(key));
      }
    });
  }

  test('N14: the scheme may be in any case, and stand apart by more than a space', async () => {
    for (const right of [
      `bearer ${key}`,
      `BEARER ${key}`,
      `Bearer   ${key}`,
      `basic ${btoa(`:${key}`)}`,
      `BASIC ${btoa(`a:${key}`)}`,
    ]) {
      assert.equal((await ask(server.port, right)).status, 200, right.slice(0, 8));
    }
    assert.equal((await ask(server.port, '')).status, 401);
  });
});
