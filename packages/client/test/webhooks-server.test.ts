/** Webhooks of a real server, as an application receives them. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { startServer, temporaryFolder } from '../../server/test/support/server.ts';
import { until } from '../../server/test/support/until.ts';
import { SessionClient } from '../src/index.ts';
import { verifyWebhook, type Webhook } from '../src/webhooks/index.ts';
import { startStranger } from './support.ts';

const SECRETS = ['a', 'b'].map((letter) => `whsec_${Buffer.alloc(24, letter).toString('base64')}`);

for (const batch of [1, 100]) {
  test(`what a server sends, ${batch === 1 ? 'one by one' : 'in batches'}, is verified by either secret, and typed`, async (t) => {
    const received: Webhook[] = [];
    const errors: unknown[] = [];
    const receiver = await startStranger(t, async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      try {
        for (const secret of SECRETS) await verifyWebhook(Buffer.concat(chunks), request.headers, secret);
        received.push(await verifyWebhook(Buffer.concat(chunks), request.headers, SECRETS));
      } catch (error) {
        errors.push(error);
      }
      response.writeHead(204).end();
    });
    const policy = join(temporaryFolder(t), 'policy.json');
    const secrets = [{ env: 'FIRST' }, { env: 'SECOND' }];
    const webhooks = [{ name: 'test', url: `${receiver}/hooks`, secrets, batch }];
    writeFileSync(policy, JSON.stringify({ apps: { shop: { webhooks } } }));
    const { url } = await startServer(t, {
      RS_CONFIG: policy,
      RS_WEBHOOK_NETWORKS: '127.0.0.0/8',
      FIRST: SECRETS[0]!,
      SECOND: SECRETS[1]!,
    });
    const sessions = new SessionClient({ url, app: 'shop', timeout: 20_000 });
    const { token, session } = await sessions.create({ subject: 'ann' });
    await sessions.revoke(token, { reason: 'left' });
    const events = () => received.flatMap((webhook) => webhook.events);
    await until(() => errors.length > 0 || events().some(({ type }) => type === 'session.ended'));
    assert.deepEqual(errors, []);
    const [created, ended] = ['session.created', 'session.ended'].map((type) =>
      events().find((one) => one.type === type),
    );
    assert.equal(created!.source, '/apps/shop');
    assert.ok(ended?.type === 'session.ended');
    assert.deepEqual(
      [ended.subject, ended.data.subject, ended.data.reason, ended.data.note],
      [session.id, 'ann', 'logout', 'left'],
    );
  });
}
