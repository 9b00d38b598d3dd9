/** What a policy file may say and what it then means. The faults are in faults.test.ts. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ServiceError } from '../../src/core/errors.ts';
import { DEFAULT_POLICY, type Policy, type PolicySource } from '../../src/core/policy.ts';
import { changesBetween } from '../../src/policy/changes.ts';
import { PolicyFault } from '../../src/policy/fault.ts';
import { PolicyFile } from '../../src/policy/file.ts';
import { resolvePolicy } from '../../src/policy/resolve.ts';
import { MEMBERS } from '../../src/policy/schema.ts';
import { temporaryFolder } from '../support/server.ts';

const root = new URL('../../../../', import.meta.url);

function policyOf(document: unknown): PolicySource {
  const resolved = resolvePolicy(document);
  assert.ok('policyOf' in resolved, JSON.stringify(resolved));
  return resolved.policyOf;
}

describe('a policy file', () => {
  test('that says nothing means the defaults, for every app', () => {
    for (const document of [{}, { defaults: {}, apps: {} }, { $schema: 'x', apps: { shop: {} } }]) {
      assert.deepEqual(policyOf(document)('shop'), DEFAULT_POLICY);
    }
  });

  test('that says the default of each member means the defaults, but for the absolute timeout of classic sessions', () => {
    const defaults = Object.fromEntries(Object.entries(MEMBERS).map(([name, { default: value }]) => [name, value]));
    const expected: Policy = { ...DEFAULT_POLICY, classicAbsoluteTimeout: DEFAULT_POLICY.absoluteTimeout };
    assert.deepEqual(policyOf({ defaults })('shop'), expected);
    assert.deepEqual(
      Object.keys(MEMBERS).sort(),
      Object.keys(DEFAULT_POLICY)
        .filter((name) => name !== 'classicAbsoluteTimeout')
        .sort(),
    );
  });

  test('every member reaches the policy, durations as milliseconds, fractions too', () => {
    const rules = {
      idleTimeout: 60.5,
      minIdleTimeout: 1.001,
      maxIdleTimeout: 86_400,
      absoluteTimeout: 100_000,
      maxAbsoluteTimeout: 200_000,
      maxSessionsPerSubject: 3,
      onLimit: 'refuse',
      maxSessions: 1_000,
      maxDataBytes: 4_194_304,
      minCallerTokenLength: 32,
      rotationGrace: 0,
      classic: false,
      events: true,
      updateEvents: true,
      history: { days: 30 },
      webhooks: [],
      cookie: { name: 'sid', domain: 'Example.org', sameSite: 'Strict', secure: false, persistent: true },
    };
    const expected = {
      ...rules,
      idleTimeout: 60_500,
      minIdleTimeout: 1_001,
      maxIdleTimeout: 86_400_000,
      absoluteTimeout: 100_000_000,
      maxAbsoluteTimeout: 200_000_000,
      classicAbsoluteTimeout: 100_000_000,
      history: 2_592_000_000,
    };
    for (const document of [{ defaults: rules }, { apps: { shop: rules } }]) {
      assert.deepEqual(policyOf(document)('shop'), expected);
    }
  });

  test('an app goes over the defaults and the defaults over what the server comes with, null counts', () => {
    const source = policyOf({
      defaults: { idleTimeout: 100, absoluteTimeout: 1000, maxSessionsPerSubject: 5 },
      apps: { shop: { idleTimeout: 200, maxSessionsPerSubject: null }, blog: { absoluteTimeout: null } },
    });
    const shown = (app: string) => {
      const { idleTimeout, absoluteTimeout, classicAbsoluteTimeout, maxSessionsPerSubject, maxDataBytes } = source(app);
      return [idleTimeout, absoluteTimeout, classicAbsoluteTimeout, maxSessionsPerSubject, maxDataBytes];
    };
    assert.deepEqual(shown('shop'), [200_000, 1_000_000, 1_000_000, null, 65_536]);
    assert.deepEqual(shown('blog'), [100_000, null, null, 5, 65_536]);
    assert.deepEqual(shown('else'), [100_000, 1_000_000, 1_000_000, 5, 65_536]);
  });

  test('a cookie has defaults for all of its members, and one of an app is taken as a whole', () => {
    const source = policyOf({
      defaults: { cookie: { domain: 'example.org', sameSite: 'None', persistent: true } },
      apps: { own: { cookie: {} }, plain: { cookie: { secure: false } }, none: { cookie: null } },
    });
    const usual = { domain: null, sameSite: 'Lax', secure: true, persistent: false };
    assert.deepEqual(
      ['else', 'own', 'plain', 'none'].map((app) => source(app).cookie),
      [
        { name: '__Secure-session', domain: 'example.org', sameSite: 'None', secure: true, persistent: true },
        { ...usual, name: '__Host-session' },
        { ...usual, name: 'session', secure: false },
        null,
      ],
    );
  });

  test('with strictApps an app it does not name is unknown, also one named like what every object has', () => {
    const source = policyOf({ strictApps: true, apps: { shop: {} } });
    assert.deepEqual(source('shop'), DEFAULT_POLICY);
    for (const app of ['Shop', 'constructor', '__proto__', 'toString']) {
      assert.throws(
        () => source(app),
        (error) => error instanceof ServiceError && error.code === 'app_not_found',
        app,
      );
    }
    assert.deepEqual(policyOf({ strictApps: false, apps: { shop: {} } })('blog'), DEFAULT_POLICY);
  });

  test('no idle timeout is allowed where the file sets an absolute one, which classic sessions then have too', () => {
    const { idleTimeout, classicAbsoluteTimeout } = policyOf({
      defaults: { absoluteTimeout: 3600 },
      apps: { shop: { idleTimeout: null } },
    })('shop');
    assert.deepEqual([idleTimeout, classicAbsoluteTimeout], [null, 3_600_000]);
  });

  test('a bound on absolute timeouts holds for classic sessions too', () => {
    const { classicAbsoluteTimeout } = policyOf({ defaults: { maxAbsoluteTimeout: 2_592_000 } })('shop');
    assert.equal(classicAbsoluteTimeout, DEFAULT_POLICY.absoluteTimeout);
  });
});

describe('the file on the disk', () => {
  test('a reload takes the new rules for the source already given out, and says what they change', (t) => {
    const path = join(temporaryFolder(t), 'policy.json');
    writeFileSync(path, '\uFEFF{"defaults":{"idleTimeout":100},"apps":{"shop":{},"old":{"classic":false}}}');
    const file = new PolicyFile(path);
    const { source } = file;
    assert.equal(source('shop').idleTimeout, 100_000);
    writeFileSync(path, '{"defaults":{"idleTimeout":200},"apps":{"shop":{"onLimit":"refuse"},"new":{}}}');
    assert.deepEqual(file.reload(), [
      '/defaults/idleTimeout: 100 → 200',
      '/apps/old/classic: false → not set',
      '/apps/shop/onLimit: not set → "refuse"',
      '/apps/new: not set → {}',
    ]);
    assert.equal(source('shop').idleTimeout, 200_000);
    assert.deepEqual(file.reload(), []);
  });

  test('a reload of a file with a fault, or of none, changes nothing', (t) => {
    const path = join(temporaryFolder(t), 'policy.json');
    writeFileSync(path, '{"defaults":{"idleTimeout":100}}');
    const file = new PolicyFile(path);
    const before = file.source('shop');
    for (const text of ['{"defaults":{"idleTimeout":200},"apps":{"shop":{"classic":1}}}', '{', '']) {
      writeFileSync(path, text);
      assert.throws(() => file.reload(), PolicyFault);
      assert.equal(file.source('shop'), before);
    }
    writeFileSync(path, '{"defaults":{"idleTimeout":200}}');
    file.reload();
    assert.equal(file.source('shop').idleTimeout, 200_000);
  });

  test('the example is right, and shows what the document says of it', () => {
    const example = fileURLToPath(new URL('examples/policy.json', root));
    const { source } = new PolicyFile(example);
    assert.equal(source('shop').idleTimeout, 7_200_000);
    assert.equal(source('shop').absoluteTimeout, 604_800_000);
    assert.equal(source('backoffice').classic, false);
    assert.throws(() => source('else'), ServiceError);
    const { $schema } = JSON.parse(readFileSync(example, 'utf8'));
    JSON.parse(readFileSync(new URL($schema, new URL('examples/', root)), 'utf8'));
  });
});

test('equal documents have no changes between them', () => {
  const document = { defaults: { idleTimeout: 1 }, apps: { shop: {} } };
  assert.deepEqual(changesBetween(document, structuredClone(document)), []);
});
