/** Webhooks as receivers verify them, beside the package that the specification comes with. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { verifyWebhook, WebhookError } from '../src/webhooks/index.ts';
import { ended } from './event-server.ts';

const NOW = 1_790_000_000_000;
const [SECRET, OTHER, OLD] = [newSecret(), newSecret(), newSecret()];
const BODY = JSON.stringify(ended('one'));

function newSecret(): string {
  return `whsec_${randomBytes(24).toString('base64')}`;
}

/** Signs as the package does. */
function headersOf(body: string, { secret = SECRET, id = 'msg_1', at = NOW } = {}): Record<string, string> {
  const time = new Date(at);
  return {
    'webhook-id': id,
    'webhook-timestamp': `${Math.floor(at / 1000)}`,
    'webhook-signature': new Webhook(secret).sign(id, time, body),
  };
}

const refused = (code: string) => (error: unknown) => error instanceof WebhookError && error.code === code;

describe('verifyWebhook', () => {
  test('what the package standardwebhooks signs is taken, whatever form the body and the headers have', async () => {
    const headers = headersOf(BODY);
    const bytes = new TextEncoder().encode(BODY);
    const capitals = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toUpperCase(), [value]]));
    for (const body of [BODY, bytes, Buffer.from(BODY), bytes.buffer as ArrayBuffer]) {
      for (const form of [headers, capitals, new Headers(headers)]) {
        const webhook = await verifyWebhook(body, form, SECRET, { now: NOW });
        assert.deepEqual(webhook, { id: 'msg_1', sentAt: new Date(NOW), events: [ended('one')] });
      }
    }
  });

  test('a batch gives its events, and another body than that of events is refused', async () => {
    const batch = JSON.stringify([ended('one'), ended('two')]);
    const { events } = await verifyWebhook(batch, headersOf(batch), SECRET, { now: NOW });
    assert.deepEqual(events, [ended('one'), ended('two')]);
    for (const body of ['', '{', '[]', 'null', '{"type":"session.ended"}', `[${BODY},null]`, '"text"']) {
      await assert.rejects(verifyWebhook(body, headersOf(body), SECRET, { now: NOW }), refused('invalid_body'), body);
    }
  });

  test('while a secret is replaced either side may have two, and strange signatures beside the right one do no harm', async () => {
    const [mine, others] = [headersOf(BODY), headersOf(BODY, { secret: OTHER })];
    const signature = `v1a,xyz ${others['webhook-signature']} v1, nonsense ${mine['webhook-signature']}`;
    const both = { ...mine, 'webhook-signature': signature };
    for (const secrets of [SECRET, OTHER, [OLD, SECRET], [OTHER, OLD], SECRET.replace('whsec_', '')]) {
      assert.equal((await verifyWebhook(BODY, both, secrets, { now: NOW })).id, 'msg_1');
    }
    await assert.rejects(verifyWebhook(BODY, both, [OLD], { now: NOW }), refused('no_signature_matches'));
  });

  test('what was changed on the way is refused', async () => {
    const headers = headersOf(BODY);
    const changes = [
      [BODY.replace('revoked', 'logout'), headers],
      [`${BODY} `, headers],
      [BODY, { ...headers, 'webhook-id': 'msg_2' }],
      [BODY, { ...headers, 'webhook-timestamp': `${NOW / 1000 + 1}` }],
      [BODY, { ...headers, 'webhook-signature': headers['webhook-signature']!.toLowerCase() }],
      [BODY, { ...headers, 'webhook-signature': headers['webhook-signature']!.slice(3) }],
      [BODY, { ...headers, 'webhook-signature': 'v1,' }],
    ] as const;
    for (const [body, given] of changes) {
      await assert.rejects(verifyWebhook(body, given, SECRET, { now: NOW }), refused('no_signature_matches'));
    }
  });

  test('a header that is missing, there twice, or no time is named', async () => {
    const headers = headersOf(BODY);
    for (const name of Object.keys(headers)) {
      const { [name]: value, ...rest } = headers;
      for (const given of [
        rest,
        { ...rest, [name]: '' },
        { ...headers, [name.toUpperCase()]: value },
        new Headers(rest),
      ]) {
        await assert.rejects(verifyWebhook(BODY, given, SECRET, { now: NOW }), (error) => {
          return refused('missing_header')(error) && (error as Error).message.startsWith(name);
        });
      }
    }
    for (const time of ['soon', '-1', '1.5', '1e9', ' 1', `${'9'.repeat(13)}`]) {
      const given = { ...headers, 'webhook-timestamp': time };
      await assert.rejects(verifyWebhook(BODY, given, SECRET, { now: NOW }), refused('invalid_timestamp'), time);
    }
  });

  test('it may be five minutes old or ahead, or as much as is said', async () => {
    const verify = (at: number, options = {}) =>
      verifyWebhook(BODY, headersOf(BODY, { at }), SECRET, { now: NOW, ...options });
    await verify(NOW - 300_000);
    await verify(NOW + 300_000);
    await assert.rejects(verify(NOW - 301_000), refused('too_old'));
    await assert.rejects(verify(NOW + 301_000), refused('too_new'));
    await verify(NOW - 3_600_000, { tolerance: Number.POSITIVE_INFINITY });
    await assert.rejects(verify(NOW - 1000, { tolerance: 0 }), refused('too_old'));
    await assert.rejects(
      verifyWebhook(BODY, headersOf(BODY), SECRET),
      refused(NOW > Date.now() ? 'too_new' : 'too_old'),
    );
  });

  test('what the program did wrong is a TypeError, and no error shows a secret', async () => {
    const parsed = JSON.parse(BODY);
    await assert.rejects(verifyWebhook(parsed, headersOf(BODY), SECRET), {
      name: 'TypeError',
      message: /before anything has parsed/,
    });
    for (const secrets of [[], '', undefined, 'whsec_', 'whsec_not base64', 'not-base64!', [SECRET, null]]) {
      await assert.rejects(verifyWebhook(BODY, headersOf(BODY), secrets as string), (error: Error) => {
        return error instanceof TypeError && !error.message.includes('not');
      });
    }
    await assert.rejects(verifyWebhook(BODY, undefined as never, SECRET), TypeError);
    await assert.rejects(verifyWebhook(BODY, headersOf(BODY), SECRET, { tolerance: Number.NaN }), TypeError);
  });

  test('it decides as the package does, whatever is signed', async () => {
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.json());
    const property = fc.asyncProperty(
      text,
      fc.stringMatching(/^[\w.-]{1,40}$/),
      fc.boolean(),
      async (body, id, isOurs) => {
        const time = Date.now();
        const headers = headersOf(body, { id, at: time, secret: isOurs ? SECRET : OTHER });
        let theirs = true;
        try {
          new Webhook(SECRET).verify(body, headers, { jsonParse: false });
        } catch {
          theirs = false;
        }
        const ours = await verifyWebhook(body, headers, SECRET).then(
          () => true,
          (error) => refused('invalid_body')(error),
        );
        assert.equal(ours, theirs);
        assert.equal(ours, isOurs);
      },
    );
    await fc.assert(property, { numRuns: 200 });
  });
});
