/** R1: a deadline is decided when the verb acts, not when the head of its request came. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from '../support/client.ts';
import { forAllTests } from '../support/redis.ts';
import { startServer, temporaryFolder } from '../support/server.ts';
import { sendSlowly } from '../support/slow-request.ts';

const APP = '/v1/apps/shop';
/** Its sessions end after two seconds. */
const SHORT = '/v1/apps/short';
const POLICY = { apps: { short: { idleTimeout: null, absoluteTimeout: 2 } } };
const MERGE_PATCH = { 'Content-Type': 'application/merge-patch+json' };
const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' };

interface Slow {
  readonly method: string;
  readonly path: string;
  readonly body: string;
  readonly headers?: Record<string, string>;
  /** What the answer is once the session of the token has ended. */
  readonly wanted: readonly [status: number, text?: RegExp];
}

/** Each verb that has a body and a token, with what it says of a session that ended while the body came. */
function verbsOn(token: string): Record<string, Slow> {
  const own = { 'Session-Token': token };
  const gone = [404, /session_not_found/] as const;
  const json = (value: unknown) => JSON.stringify(value);
  return {
    'PATCH with set': {
      method: 'PATCH',
      path: `${SHORT}/session`,
      headers: own,
      body: json({ set: { a: 1 } }),
      wanted: gone,
    },
    'PATCH with a merge patch': {
      method: 'PATCH',
      path: `${SHORT}/session`,
      headers: { ...own, ...MERGE_PATCH },
      body: json({ a: 1 }),
      wanted: gone,
    },
    'PATCH with another subject': {
      method: 'PATCH',
      path: `${SHORT}/session`,
      headers: own,
      body: json({ subject: 'other' }),
      wanted: gone,
    },
    'PUT of the data': {
      method: 'PUT',
      path: `${SHORT}/session/data`,
      headers: own,
      body: json({ a: 1 }),
      wanted: gone,
    },
    'PUT of a session that must be there': {
      method: 'PUT',
      path: `${SHORT}/session`,
      headers: { ...own, 'If-Match': '*' },
      body: json({ subject: 'u' }),
      wanted: [412],
    },
    touch: {
      method: 'POST',
      path: `${SHORT}/session/touch`,
      headers: own,
      body: json({ ip: '10.0.0.1' }),
      wanted: gone,
    },
    'touch without a change': {
      method: 'POST',
      path: `${SHORT}/session/touch`,
      headers: own,
      body: '{ }',
      wanted: gone,
    },
    rotate: { method: 'POST', path: `${SHORT}/session/rotate`, headers: own, body: json({ grace: 5 }), wanted: gone },
    'rotate to another subject': {
      method: 'POST',
      path: `${SHORT}/session/rotate`,
      headers: own,
      body: json({ subject: 'other' }),
      wanted: gone,
    },
    'rotate with an Idempotency-Key': {
      method: 'POST',
      path: `${SHORT}/session/rotate`,
      headers: { ...own, 'Idempotency-Key': `k-${token}` },
      body: json({ grace: 5 }),
      wanted: gone,
    },
    verify: {
      method: 'POST',
      path: `${SHORT}/sessions:verify`,
      body: json({ tokens: [token], touch: true }),
      wanted: [200, /^\{"results":\[\{"active":false\}\]\}$/],
    },
    introspect: {
      method: 'POST',
      path: '/v1/introspect',
      headers: FORM,
      body: `token=${token}`,
      wanted: [200, /^\{"active":false\}$/],
    },
    'classic set': { method: 'POST', path: `/short/set/${token}`, body: json({ a: 1 }), wanted: [200, /^\{\}$/] },
  };
}

for (const store of ['memory', 'lmdb']) {
  describe(`R1 on ${store}`, () => {
    const started = forAllTests(async (cleanup) => {
      const folder = temporaryFolder(cleanup);
      const policy = join(folder, 'policy.json');
      writeFileSync(policy, JSON.stringify(POLICY));
      const url = store === 'memory' ? 'memory:' : `lmdb:${join(folder, 'store')}`;
      const server = await startServer(cleanup, { RS_STORE: url, RS_CONFIG: policy, RS_LOGLEVEL: 'warn' });
      const client = new Client(server.url);
      cleanup.after(() => client.close());
      return { url: server.url, client };
    });

    for (const chunked of [false, true]) {
      const form = chunked ? 'chunks' : 'a Content-Length';

      test(`R1: a session that ends while a body in ${form} comes has ended (kind: every verb with a body)`, async () => {
        const { url, client } = started();
        const slow: { name: string; verb: Slow; token: string }[] = [];
        for (const name of Object.keys(verbsOn(''))) {
          const token = name.startsWith('classic')
            ? await client.create('short', 'u')
            : (await client.send('POST', `${SHORT}/sessions`, { subject: 'u' })).json.token;
          slow.push({ name, verb: verbsOn(token)[name]!, token });
        }
        const requests = await Promise.all(
          slow.map(({ verb: { method, path, ...rest } }) => sendSlowly(url, method, path, { ...rest, chunked })),
        );
        for (const { token, name } of slow) await ended(client, token, name);
        for (const [i, { name, verb }] of slow.entries()) {
          const { status, text } = await requests[i]!.finish();
          const [wanted, words = /./] = verb.wanted;
          assert.equal(status, wanted, `${name}: ${text}`);
          assert.match(text, words, name);
        }
      });

      test(`R1: a session created with a body in ${form} begins when it is stored (kind: create, PUT, classic create)`, async () => {
        const { url, client } = started();
        const forms = [
          ['POST', `${APP}/sessions`, {}],
          ['POST', `${APP}/sessions`, { 'Idempotency-Key': `created-${form.length}` }],
          ['PUT', `${APP}/session`, { 'Session-Token': `chosen-by-the-caller-${form.length}` }],
        ] as const;
        const body = JSON.stringify({ subject: 'slow', absoluteTimeout: 60 });
        const requests = await Promise.all(
          forms.map(([method, path, headers]) => sendSlowly(url, method, path, { body, headers, chunked })),
        );
        const path = '/shop/create/slow-classic?ip=10.0.0.1';
        const classic = await sendSlowly(url, 'PUT', path, { body: '{"a":1}', chunked });
        await delay(20);
        const { json: between } = await client.send('POST', `${APP}/sessions`);
        for (const { finish } of requests) {
          const { status, text } = await finish();
          assert.equal(status, 201, text);
          const made = JSON.parse(text);
          const { createdAt, absoluteExpiresAt } = made.session ?? made;
          assert.ok(createdAt >= between.session.createdAt, `${createdAt} is before ${between.session.createdAt}`);
          assert.equal(Date.parse(absoluteExpiresAt) - Date.parse(createdAt), 60_000);
        }
        assert.equal((await classic.finish()).status, 200);
        const { json } = await client.send('GET', `${APP}/subjects/slow-classic/sessions`);
        assert.ok(json.sessions[0].createdAt >= between.session.createdAt);
      });
    }
  });
}

/** Resolves once a session has ended, as everyone sees it. */
async function ended(client: Client, token: string, name: string): Promise<void> {
  for (let waited = 0; waited < 30_000; waited += 50) {
    const { status } = await client.send('GET', `${SHORT}/session`, undefined, { 'Session-Token': token });
    if (status === 404) return;
    await delay(50);
  }
  assert.fail(`${name}: the session does not end`);
}
