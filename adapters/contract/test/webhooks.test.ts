/** The vectors of webhooks, judged by the library of the specification. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { Webhook } from 'standardwebhooks';
import { webhookVectors } from '../fake-server.mjs';
import { FILE, webhookVectors as written } from '../sign-webhooks.mjs';

const ERRORS = ['invalid_secret', 'invalid_headers', 'wrong_timestamp', 'wrong_signature', 'invalid_body'];
const { cases, tolerance } = webhookVectors();

test('the file of webhooks is what sign-webhooks.mjs writes, and has a sentence for each case', () => {
  assert.deepEqual(JSON.parse(readFileSync(FILE, 'utf8')), written());
  assert.equal(new Set(cases.map(({ name }) => name)).size, cases.length);
  assert.ok(cases.length >= 50 && tolerance === 300);
  for (const { name, title, error, events } of cases) {
    assert.match(title, /^[a-z0-9].{20,}[^.]$/, name);
    assert.ok(error === undefined ? Array.isArray(events) : ERRORS.includes(error) && events === undefined, name);
  }
  for (const error of ERRORS) assert.ok(cases.some((each) => each.error === error));
});

describe('the library of Standard Webhooks', () => {
  for (const { name, title, secrets, headers, body, now, events, error } of cases)
    test(`${name}: ${title}`, (t) => {
      t.mock.timers.enable({ apis: ['Date'], now: now * 1000 });
      const verified = secrets.flatMap((secret) => {
        try {
          return [new Webhook(secret).verify(body, headers)];
        } catch {
          return [];
        }
      });
      if (error === undefined) {
        const [value] = verified;
        assert.deepEqual(Array.isArray(value) ? value : [value], events);
      } else if (!LENIENT.includes(error)) {
        assert.deepEqual(verified, []);
      }
    });
});

/** It takes secrets of more forms, and does not know what a body must be. */
const LENIENT = ['invalid_secret', 'invalid_body'];
