/** From which layer each value of a policy comes, and that what is shown is what the server decides by. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { DEFAULT_POLICY, type Policy } from '../../src/core/policy.ts';
import { PolicyFile, reportWithoutFile } from '../../src/policy/file.ts';
import { valuesIn } from '../../src/policy/layers.ts';
import { resolvePolicy } from '../../src/policy/resolve.ts';
import { MEMBERS, type PolicyDocument } from '../../src/policy/schema.ts';
import { temporaryFolder } from '../support/server.ts';

const SECRET = 'whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=';
const hook = (path: string) => ({
  name: 'mail',
  url: `https://mail.example.org:8443${path}?key=hush`,
  secret: { env: 'HOOK' },
});
const DOCUMENT: PolicyDocument = {
  defaults: { idleTimeout: 1800.0004, history: { days: 30 }, cookie: { sameSite: 'Strict' }, onLimit: 'refuse' },
  apps: {
    shop: { idleTimeout: 600, cookie: null, webhooks: [hook('/in')], maxSessions: 5 },
    forever: { idleTimeout: null, absoluteTimeout: 60 },
    constructor: { events: true },
  } as NonNullable<PolicyDocument['apps']>,
};

const found = (document: PolicyDocument, app: string) =>
  Object.fromEntries(valuesIn(document, app).map(({ name, value, from }) => [name, [value, from]]));

describe('the layers of a policy', () => {
  test('a value comes from the app, else from the defaults of the file, else from the server; null counts', () => {
    const shop = found(DOCUMENT, 'shop');
    assert.deepEqual(Object.keys(shop), Object.keys(MEMBERS), 'all that a file can say, in its order');
    assert.deepEqual(shop.idleTimeout, [600, 'app']);
    assert.deepEqual(shop.cookie, [null, 'app']);
    assert.deepEqual(shop.history, [{ days: 30 }, 'defaults']);
    assert.deepEqual(shop.onLimit, ['refuse', 'defaults']);
    assert.deepEqual(shop.maxDataBytes, [65_536, 'built-in']);
    assert.deepEqual(shop.absoluteTimeout, [2_592_000, 'built-in']);
  });

  test('an app that the file does not name has the defaults, whatever its name is', () => {
    for (const app of ['blog', 'toString', 'hasOwnProperty']) {
      assert.deepEqual(found(DOCUMENT, app).idleTimeout, [1800, 'defaults'], app);
      assert.deepEqual(found(DOCUMENT, app).events, [false, 'built-in'], app);
    }
    assert.deepEqual(found(DOCUMENT, 'constructor').events, [true, 'app']);
    assert.ok(reportWithoutFile('shop').values.every(({ from }) => from === 'built-in'));
  });

  test('of a webhook there are name and host, and of a cookie all that it will have', () => {
    assert.deepEqual(found(DOCUMENT, 'shop').webhooks, [[{ name: 'mail', host: 'mail.example.org:8443' }], 'app']);
    const cookie = { name: '__Host-session', domain: null, sameSite: 'Strict', secure: true, persistent: false };
    assert.deepEqual(found(DOCUMENT, 'blog').cookie, [cookie, 'defaults']);
    assert.doesNotMatch(JSON.stringify(valuesIn(DOCUMENT, 'shop')), /hush|HOOK|\/in/);
  });

  test('what is shown is what the server decides by', () => {
    const resolved = resolvePolicy(DOCUMENT, { variable: () => SECRET, pathOf: (name) => name });
    assert.ok('policyOf' in resolved);
    const units: Record<string, number> = { idleTimeout: 1000, minIdleTimeout: 1000, maxIdleTimeout: 1000 };
    for (const name of ['absoluteTimeout', 'maxAbsoluteTimeout', 'rotationGrace']) units[name] = 1000;
    for (const app of ['shop', 'forever', 'constructor', 'blog']) {
      const policy = resolved.policyOf(app);
      for (const { name, value } of valuesIn(DOCUMENT, app)) {
        const acts = policy[name as keyof Policy];
        if (name === 'webhooks') assert.equal((value as unknown[] | null)?.length ?? 0, policy.webhooks.length);
        else if (name === 'history') assert.equal((value as { days: number }).days * 86_400_000, acts);
        else assert.deepEqual(typeof value === 'number' ? value * (units[name] ?? 1) : value, acts, `${app} ${name}`);
      }
    }
    for (const { name, value } of reportWithoutFile('shop').values) {
      const acts = DEFAULT_POLICY[name as keyof Policy];
      if (name !== 'webhooks') assert.deepEqual(typeof value === 'number' ? value * (units[name] ?? 1) : value, acts);
    }
  });
});

describe('the last reload', () => {
  const open = (t: Parameters<typeof temporaryFolder>[0], document: PolicyDocument) => {
    const path = join(temporaryFolder(t), 'rules.json');
    const write = (next: PolicyDocument) => writeFileSync(path, JSON.stringify(next));
    write(document);
    return { file: new PolicyFile(path, () => SECRET), write };
  };

  test('tells of each app what it changed for it, and when', (t) => {
    const { file, write } = open(t, DOCUMENT);
    assert.deepEqual([file.reportOf('shop').file, file.reportOf('shop').reload], ['rules.json', null]);
    const { shop, ...others } = DOCUMENT.apps!;
    write({ defaults: { ...DOCUMENT.defaults, onLimit: 'revokeOldest' }, apps: others });
    file.reload(() => {}, 1_000);
    const value = (name: string, before: unknown, after: unknown) => ({ name, before, after });
    const mail = [{ name: 'mail', host: 'mail.example.org:8443' }];
    const cookie = { name: '__Host-session', domain: null, sameSite: 'Strict', secure: true, persistent: false };
    assert.deepEqual(file.reportOf('shop').reload, {
      at: 1_000,
      changed: [
        value('idleTimeout', 600, 1800),
        value('onLimit', 'refuse', 'revokeOldest'),
        value('maxSessions', 5, null),
        value('webhooks', mail, null),
        value('cookie', null, cookie),
      ],
    });
    assert.deepEqual(file.reportOf('blog').reload?.changed, [value('onLimit', 'refuse', 'revokeOldest')]);
    assert.ok(shop);
  });

  test('stays what it was when a file is read that is the same, or has a fault', (t) => {
    const { file, write } = open(t, DOCUMENT);
    write({ ...DOCUMENT, defaults: {} });
    file.reload(() => {}, 1_000);
    const before = file.reportOf('shop');
    file.reload(() => {}, 2_000);
    write({ defaults: { idleTimeout: 0 } });
    assert.throws(() => file.reload(() => {}, 3_000));
    write({});
    assert.throws(() => file.reload(() => assert.fail('the audit log cannot be written'), 4_000));
    assert.deepEqual(file.reportOf('shop'), before);
  });

  test('says of a webhook that it has changed also where what has changed is not shown', (t) => {
    const { file, write } = open(t, { apps: { shop: { webhooks: [hook('/in')] } } });
    write({ apps: { shop: { webhooks: [hook('/elsewhere')] } } });
    file.reload(() => {}, 1_000);
    const shown = [{ name: 'mail', host: 'mail.example.org:8443' }];
    assert.deepEqual(file.reportOf('shop').reload?.changed, [{ name: 'webhooks', before: shown, after: shown }]);
  });
});
