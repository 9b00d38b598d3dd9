/** One request of a webhook: what counts of its answer, and its signature. */
import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { decodeProtectedHeader, jwtVerify } from 'jose';
import { Webhook } from 'standardwebhooks';
import type { WebhookPolicy } from '../../src/core/policy.ts';
import { LogoutSigner } from '../../src/webhooks/logout-token.ts';
import { Messages } from '../../src/webhooks/message.ts';
import { signedHeaders } from '../../src/webhooks/signature.ts';
import { until } from '../support/until.ts';
import { secretOf, startReceiver, startSender } from './receiver.ts';

const MESSAGE = { headers: { 'Content-Type': 'application/json' }, body: '{"a":"ü"}' };

describe('a request', () => {
  test('comes as it was made, and the connection is used again whatever the answer says', async (t) => {
    const statuses = [200, 204, 404, 500];
    const receiver = await startReceiver(t, () => statuses[receiver.got.length]!, null);
    const sender = startSender(t);
    for (const status of statuses) {
      assert.deepEqual(await sender.send(receiver.url, MESSAGE), { kind: 'answered', status, retryAfter: null });
      await until(() => receiver.open() === 0);
    }
    assert.equal(receiver.connections(), 1);
    const [{ body, headers } = { body: '', headers: {} }] = receiver.got;
    assert.deepEqual(
      [body, headers['content-length'], headers['user-agent']],
      [MESSAGE.body, '10', 'REST-Sessions/test'],
    );
  });

  test('tells when the receiver wants the next one, in seconds or as a date, and a day at most', async (t) => {
    const later = new Date(Date.now() + 60_000).toUTCString();
    const values = ['7', later, '99999999', 'soon', new Date(0).toUTCString()];
    const receiver = await startReceiver(
      t,
      () => ({ status: 429, headers: { 'Retry-After': values[receiver.got.length]! } }),
      null,
    );
    const sender = startSender(t);
    const waits = [];
    for (const _ of values) {
      const outcome = await sender.send(receiver.url, MESSAGE);
      waits.push(outcome.kind === 'answered' ? outcome.retryAfter : null);
    }
    const [seconds, date, most, none, past] = waits;
    assert.deepEqual([seconds, most, none, past], [7000, 86_400_000, null, 0]);
    assert.ok(date !== null && date! > 50_000 && date! <= 60_000, `${date}`);
  });

  test('is a failure without an answer in time, and when nobody listens', async (t) => {
    const receiver = await startReceiver(t, () => 0, null);
    const sender = startSender(t, 100);
    assert.deepEqual(await sender.send(receiver.url, MESSAGE), { kind: 'failed', why: 'no answer within 0.1 s' });
    const refused = await sender.send('http://127.0.0.1:1/', MESSAGE);
    assert.ok(refused.kind === 'failed' && refused.why.includes('ECONNREFUSED'), JSON.stringify(refused));
  });

  test('takes no long answer: its status counts, and the connection is given up', async (t) => {
    const receiver = await startReceiver(t, () => ({ status: 200, headers: {}, body: 'x'.repeat(5_000_000) }), null);
    const sender = startSender(t);
    assert.deepEqual(await sender.send(receiver.url, MESSAGE), { kind: 'answered', status: 200, retryAfter: null });
    await until(() => receiver.open() === 0);
    await sender.send(receiver.url, MESSAGE);
    assert.equal(receiver.connections(), 2);
  });

  test('that is under way ends with the sender', async (t) => {
    const receiver = await startReceiver(t, () => 0, null);
    const sender = startSender(t);
    const sent = sender.send(receiver.url, MESSAGE);
    await until(() => receiver.got.length === 1);
    sender.close();
    assert.deepEqual(await sent, { kind: 'failed', why: 'the server stops' });
    assert.deepEqual(await sender.send(receiver.url, MESSAGE), { kind: 'failed', why: 'the server stops' });
  });
});

test('each secret of a rotation signs, and the library of Standard Webhooks takes both, and no third', () => {
  const [old, next, other] = [secretOf(1, 24), secretOf(2, 64), secretOf(3)];
  const headers = signedHeaders('msg.1', MESSAGE.body, [next, old], Date.now());
  for (const secret of [old, next]) assert.deepEqual(new Webhook(secret).verify(MESSAGE.body, headers), { a: 'ü' });
  assert.throws(() => new Webhook(other).verify(MESSAGE.body, headers));
  assert.throws(() => new Webhook(old).verify(`${MESSAGE.body} `, headers));
});

test('a logout token is one that jose takes, with each kind of key', async () => {
  const keys: [string, { privateKey: KeyObject; publicKey: KeyObject }][] = [
    ['RS256', generateKeyPairSync('rsa', { modulusLength: 2048 })],
    ['ES256', generateKeyPairSync('ec', { namedCurve: 'P-256' })],
    ['EdDSA', generateKeyPairSync('ed25519')],
  ];
  const about = {
    issuer: 'https://login.example.org',
    audience: 'shop',
    id: 'abc.7',
    subject: 'user123',
    session: 'abc',
  };
  for (const [alg, { privateKey, publicKey }] of keys) {
    const signer = new LogoutSigner(privateKey.export({ type: 'pkcs8', format: 'pem' }) as string);
    const token = signer.token(about, Date.now());
    const checks = {
      issuer: about.issuer,
      audience: 'shop',
      typ: 'logout+jwt',
      algorithms: [alg],
      requiredClaims: ['jti', 'iat', 'exp'],
    };
    const { payload } = await jwtVerify(token, publicKey, checks);
    const { jti, sub, sid, events } = payload;
    assert.deepEqual([jti, sub, sid], ['abc.7', 'user123', 'abc']);
    assert.deepEqual(events, { 'http://schemas.openid.net/event/backchannel-logout': {} });
    assert.ok(!('nonce' in payload));
    assert.match(decodeProtectedHeader(token).kid ?? '', /^[\w-]{43}$/);
  }
});

test('a request is the one that the receivers of other languages are tried with, to the letter', () => {
  const file = new URL('../../../../adapters/contract/vectors/webhooks.json', import.meta.url);
  const [shown] = JSON.parse(readFileSync(file, 'utf8')).cases;
  const webhook = { kind: 'events', batch: 1 } as WebhookPolicy;
  const messages = new Messages('shop', { webhook, secrets: shown.secrets });
  const event = {
    ...{ type: 'session.created' as const, at: Date.parse(shown.events[0].time), count: 1, version: 1 },
    ...{ session: 'AAAAAAAAAAAAAAAA', subject: 'user123', ip: '192.0.2.1', userAgent: null, label: null },
  };
  const { headers, body } = messages.ofEvents([event], Number(shown.headers['webhook-timestamp']) * 1000);
  assert.equal(body, shown.body);
  assert.deepEqual(headers, { 'Content-Type': 'application/cloudevents+json', ...shown.headers });
});
