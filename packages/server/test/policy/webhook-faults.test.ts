/** What the member `webhooks` of a policy file may not say, and what it means. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { PolicyFault } from '../../src/policy/fault.ts';
import { PolicyFile } from '../../src/policy/file.ts';
import { resolvePolicy } from '../../src/policy/resolve.ts';
import { temporaryFolder } from '../support/server.ts';

const SECRET = `whsec_${Buffer.alloc(24, 7).toString('base64')}`;
const VARIABLES: Record<string, string> = {
  GOOD: SECRET,
  SHORT: `whsec_${Buffer.alloc(23).toString('base64')}`,
  LONG: `whsec_${'A'.repeat(88)}`,
  BARE: 'secret',
  CUT: `whsec_${Buffer.alloc(32, 7).toString('base64').slice(0, -1)}`,
};
const OUTSIDE = { variable: (name: string) => VARIABLES[name], pathOf: (name: string) => name };
const GOOD = { name: 'mail', url: 'https://example.org/hook', secret: { env: 'GOOD' } };
const LOGOUT = {
  name: 'rp',
  kind: 'backchannel-logout',
  url: 'https://example.org/logout',
  issuer: 'https://login.example.org',
  audience: 'shop',
};

function faultsOf(webhook: unknown, ...more: unknown[]): string[] {
  const resolved = resolvePolicy({ apps: { shop: { webhooks: [webhook, ...more] } } }, OUTSIDE);
  return 'document' in resolved ? [] : resolved.map(({ where, rule }) => `${where}: ${rule}`);
}

function keyFile(t: TestContext, pem: string): string {
  const path = join(temporaryFolder(t), 'key.pem');
  writeFileSync(path, pem);
  return path;
}

describe('a webhook is refused', () => {
  const bad: [string, unknown, RegExp][] = [
    [
      'a user in its address',
      { ...GOOD, url: 'https://user@example.org/' },
      /^\/apps\/shop\/webhooks\/0\/url: must not have a user or a password/,
    ],
    [
      'a password in its address',
      { ...GOOD, url: 'https://:p@example.org/' },
      /url: must not have a user or a password/,
    ],
    ['another scheme', { ...GOOD, url: 'ftp://example.org/' }, /url: must begin with https: or http:, not ftp:/],
    ['a fragment', { ...GOOD, url: 'https://example.org/#a' }, /url: must not have a fragment/],
    ['no address', { ...GOOD, url: 'example.org' }, /url: must be a URL/],
    [
      'a type that is none',
      { ...GOOD, types: ['session.gone'] },
      /webhooks\/0\/types\/0: must be a list of "session.created"/,
    ],
    ['a type of the server', { ...GOOD, types: ['policy.changed'] }, /types\/0: must be a list of/],
    ['no types', { ...GOOD, types: [] }, /types: must be a list of/],
    [
      'a member that is none',
      { ...GOOD, retries: 3 },
      /webhooks\/0\/retries: is not a member of a webhook; there are name, /,
    ],
    ['a name with a slash', { ...GOOD, name: 'a/b' }, /webhooks\/0\/name: must be 1 to 40 letters/],
    ['no secret', { ...GOOD, secret: undefined }, /webhooks\/0\/secret: must be an object with env/],
    ['both secret and secrets', { ...GOOD, secrets: [{ env: 'GOOD' }] }, /secrets: must not be there beside secret/],
    ['the secret itself', { ...GOOD, secret: SECRET }, /secret: must be an object with env/],
    [
      'a variable that is not set',
      { ...GOOD, secret: { env: 'NONE' } },
      /secret: names the variable NONE, which is not set/,
    ],
    [
      'a file that is not there',
      { ...GOOD, secret: { file: '/nowhere/at/all' } },
      /secret: names a file that cannot be read \(ENOENT\)/,
    ],
    ['a short secret', { ...GOOD, secret: { env: 'SHORT' } }, /24 to 64 bytes in base64, not 23/],
    ['a long secret', { ...GOOD, secret: { env: 'LONG' } }, /24 to 64 bytes in base64, not 66/],
    ['a secret without its prefix', { ...GOOD, secret: { env: 'BARE' } }, /must be whsec_ and 24 to 64 bytes/],
    ['a secret without its padding', { ...GOOD, secret: { env: 'CUT' } }, /must be whsec_ and 24 to 64 bytes/],
    [
      'too many secrets',
      { ...GOOD, secret: undefined, secrets: Array(6).fill({ env: 'GOOD' }) },
      /secrets: must be a list of 1 to 5/,
    ],
    [
      'one bad secret of two',
      { ...GOOD, secret: undefined, secrets: [{ env: 'GOOD' }, { env: 'SHORT' }] },
      /secrets\/1: names a secret/,
    ],
    ['a batch of none', { ...GOOD, batch: 0 }, /batch: must be a whole number from 1 to 100/],
    ['a large batch', { ...GOOD, batch: 101 }, /batch: must be a whole number from 1 to 100/],
    ['an issuer', { ...GOOD, issuer: 'x' }, /issuer: is a member of kind "backchannel-logout" alone/],
    [
      'a logout without key and issuer',
      { ...LOGOUT, issuer: undefined },
      /issuer: must be a text.*\n.*key: must be an object/,
    ],
    [
      'a logout with a secret',
      { ...LOGOUT, key: { env: 'GOOD' }, secret: { env: 'GOOD' } },
      /secret: is a member of kind "events" alone/,
    ],
    [
      'a logout of other events',
      { ...LOGOUT, key: { env: 'GOOD' }, types: ['session.created'] },
      /types: must be \["session.ended"\]/,
    ],
    ['a key that is none', { ...LOGOUT, key: { env: 'GOOD' } }, /key: names a key that must be a private one/],
    ['no object', 'https://example.org', /webhooks\/0: must be an object with the members of a webhook/],
  ];
  for (const [name, webhook, rule] of bad) {
    test(`with ${name}`, () => assert.match(faultsOf(webhook).join('\n'), rule));
  }

  test('when its name is there twice, and no fault quotes a secret', () => {
    assert.deepEqual(faultsOf(GOOD, { ...GOOD, secret: { env: 'BARE' } }), [
      '/apps/shop/webhooks/1/name: must be another one: "mail" is there already',
      '/apps/shop/webhooks/1/secret: names a secret that must be whsec_ and 24 to 64 bytes in base64',
    ]);
  });

  test('when its key is too weak or of another curve', (t) => {
    const weak = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey;
    const other = generateKeyPairSync('ec', { namedCurve: 'secp384r1' }).privateKey;
    for (const key of [weak, other]) {
      const file = keyFile(t, key.export({ type: 'pkcs8', format: 'pem' }) as string);
      assert.match(faultsOf({ ...LOGOUT, key: { file } }).join(), /key: names a key that must be/);
    }
  });
});

test('an app has its own webhooks or those of the defaults, with their secrets, and none with null', (t) => {
  const key = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
  const file = keyFile(t, key);
  const document = {
    defaults: { webhooks: [GOOD] },
    apps: { shop: { webhooks: [{ ...LOGOUT, key: { file } }] }, blog: { webhooks: null }, wiki: {} },
  };
  const resolved = resolvePolicy(document, OUTSIDE);
  assert.ok('policyOf' in resolved, JSON.stringify(resolved));
  const { policyOf, secretsOf, secretFiles } = resolved;
  const [mail] = policyOf('other').webhooks;
  assert.deepEqual(mail, {
    ...{ name: 'mail', kind: 'events', url: 'https://example.org/hook', types: null, secrets: [{ env: 'GOOD' }] },
    ...{ batch: 1, paused: false, issuer: null, audience: null },
  });
  assert.equal(policyOf('wiki').webhooks[0], mail);
  assert.deepEqual(secretsOf(mail!), [SECRET]);
  const [rp] = policyOf('shop').webhooks;
  assert.deepEqual([rp?.types, rp?.secrets, secretsOf(rp!)], [['session.ended'], [{ file }], [key.trim()]]);
  assert.deepEqual(policyOf('blog').webhooks, []);
  assert.deepEqual(secretFiles, [file]);
});

test('a file of a secret is one of the policy, beside it, and what it holds is taken with the next reading', (t) => {
  const folder = temporaryFolder(t);
  const [path, file] = [join(folder, 'policy.json'), join(folder, 'hook.secret')];
  writeFileSync(file, `${SECRET}\n`);
  writeFileSync(path, JSON.stringify({ defaults: { webhooks: [{ ...GOOD, secret: { file: 'hook.secret' } }] } }));
  const policy = new PolicyFile(path);
  const secrets = () => policy.secretsOf(policy.source('shop').webhooks[0]!);
  assert.deepEqual(policy.files, [path, file]);
  assert.deepEqual(secrets(), [SECRET]);
  const next = `whsec_${Buffer.alloc(32, 9).toString('base64')}`;
  writeFileSync(file, next);
  policy.reload();
  assert.deepEqual(secrets(), [next]);
  writeFileSync(file, 'nothing good');
  assert.throws(() => policy.reload(), PolicyFault);
  assert.deepEqual(secrets(), [next]);
});
