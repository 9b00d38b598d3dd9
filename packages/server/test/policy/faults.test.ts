/** What a policy file may not say: each fault is one line with the file, the place and the rule. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { PolicyFault } from '../../src/policy/fault.ts';
import { PolicyFile } from '../../src/policy/file.ts';
import { DocumentFault, readDocument } from '../../src/policy/json-document.ts';
import { resolvePolicy } from '../../src/policy/resolve.ts';
import { MEMBERS } from '../../src/policy/schema.ts';
import { temporaryFolder } from '../support/server.ts';

/** Gives the faults of a document as lines `where: rule`. */
function faultsOf(document: unknown): string[] {
  const resolved = resolvePolicy(document);
  assert.ok(!('policyOf' in resolved), `accepted: ${JSON.stringify(document)}`);
  return resolved.map(({ where, rule }) => `${where}: ${rule}`);
}

describe('a policy file is refused', () => {
  test('when a member is not what the table allows, in the words of the table', () => {
    const bad: Record<string, unknown[]> = {
      idleTimeout: [0, 0.9, -1, '7200', true, 2_147_483_648, [], {}],
      minIdleTimeout: [0, null, '10'],
      maxIdleTimeout: [0, 2_147_483_648, null],
      absoluteTimeout: [0, '1h'],
      maxAbsoluteTimeout: [0, '1h'],
      maxSessionsPerSubject: [0, 1.5, -1, '5', 1_000_000_001],
      onLimit: ['revokeoldest', '', null, 1],
      maxSessions: [0, 1.5],
      maxDataBytes: [1, 4_194_305, null, 1.5],
      minCallerTokenLength: [15, 257, null],
      rotationGrace: [-1, 60.1, null],
      classic: [0, 'true', null],
      events: ['true', null],
      updateEvents: [1, null],
      history: [30, { days: 0 }, { days: 3651 }, {}, { days: 1, weeks: 1 }],
      webhooks: ['https://example.org', {}, Array(21).fill({})],
      cookie: [],
    };
    assert.deepEqual(Object.keys(bad).sort(), Object.keys(MEMBERS).sort());
    for (const [name, values] of Object.entries(bad)) {
      const rule = `must be ${MEMBERS[name as keyof typeof MEMBERS].allowed}`;
      for (const value of values) {
        assert.deepEqual(faultsOf({ defaults: { [name]: value } }), [`/defaults/${name}: ${rule}`], String(value));
        assert.deepEqual(faultsOf({ apps: { shop: { [name]: value } } }), [`/apps/shop/${name}: ${rule}`]);
      }
    }
  });

  test('when its cookie is not one, with the place, the rule and the kind of what came', () => {
    const anObject = 'must be an object with the members of a cookie, or null';
    const bad: [unknown, string][] = [
      ['sid', `: ${anObject}, not a string`],
      [true, `: ${anObject}, not a boolean`],
      [['sid'], `: ${anObject}, not an array`],
      [{ name: 5 }, "/name: must be 1 to 128 letters, digits and characters of !#$%&'*+-.^_`|~, not a number"],
      [{ sameSite: 'lax' }, '/sameSite: must be one of "Strict", "Lax", "None"'],
      [{ sameSite: null }, '/sameSite: must be one of "Strict", "Lax", "None", not null'],
      [{ secure: 'true' }, '/secure: must be true or false, not a string'],
      [{ persistent: 1 }, '/persistent: must be true or false, not a number'],
      [
        { path: '/', httpOnly: true },
        '/path: is not a member of a cookie; there are name, domain, sameSite, secure, persistent',
      ],
    ];
    for (const [cookie, fault] of bad) {
      assert.equal(faultsOf({ defaults: { cookie } })[0], `/defaults/cookie${fault}`);
      assert.equal(faultsOf({ apps: { shop: { cookie } } })[0], `/apps/shop/cookie${fault}`);
    }
    for (const name of ['', 'a b', 'a=b', 'a;b', 'a,b', 'ä', '"a"', 'a\n', 'a(b)', 'a/b', 'x'.repeat(129)]) {
      assert.match(
        faultsOf({ defaults: { cookie: { name } } }).join(),
        /^\/defaults\/cookie\/name: must be 1 to 128 letters/,
      );
    }
    const domains = [
      '',
      'localhost',
      '.example.org',
      'example.org.',
      'a..b',
      '-a.org',
      'a_b.org',
      'bücher.de',
      '10.0.0.1',
    ];
    for (const domain of [...domains, '[::1]', 'a.org; Secure', 'https://a.org', 'a.org:80', `${'a'.repeat(64)}.org`]) {
      assert.match(
        faultsOf({ defaults: { cookie: { domain } } }).join(),
        /^\/defaults\/cookie\/domain: must be a domain name with a dot in it/,
        domain,
      );
    }
  });

  test('when browsers would drop its cookie (RFC 6265bis)', () => {
    const bad: [object, string[]][] = [
      [{ name: '__Host-sid', secure: false }, ['/secure: must be true, not false: the name begins with __Host-']],
      [{ name: '__host-sid', secure: false }, ['/secure: must be true, not false: the name begins with __host-']],
      [{ name: '__Secure-sid', secure: false }, ['/secure: must be true, not false: the name begins with __Secure-']],
      [{ name: '__Http-sid', secure: false }, ['/secure: must be true, not false: the name begins with __Http-']],
      [
        { name: '__HOST-sid', domain: 'example.org', secure: false },
        [
          '/secure: must be true, not false: the name begins with __HOST-',
          '/domain: must not be there: the name begins with __HOST-, which is for one host alone',
        ],
      ],
      [{ sameSite: 'None', secure: false }, ['/sameSite: must not be "None" where secure is false']],
    ];
    for (const [cookie, faults] of bad) {
      assert.deepEqual(
        faultsOf({ defaults: { cookie } }),
        faults.map((fault) => `/defaults/cookie${fault}`),
      );
      assert.deepEqual(
        faultsOf({ apps: { shop: { cookie } } }),
        faults.map((fault) => `/apps/shop/cookie${fault}`),
      );
    }
    for (const cookie of [
      { name: '__Secure-sid', domain: 'example.org' },
      { name: 'my__Host-sid', secure: false },
      null,
    ]) {
      assert.ok('policyOf' in resolvePolicy({ defaults: { cookie } }), JSON.stringify(cookie));
    }
  });

  test('when it has a member that there is not, with the ones there are', () => {
    assert.deepEqual(faultsOf({ default: {}, strict: true }), [
      '/default: is not a member here; there are $schema, defaults, strictApps, apps',
      '/strict: is not a member here; there are $schema, defaults, strictApps, apps',
    ]);
    const [fault] = faultsOf({ apps: { shop: { 'idle/Time~out': 5 } } });
    assert.match(
      fault!,
      /^\/apps\/shop\/idle~1Time~0out: is not a member here; there are idleTimeout, minIdleTimeout, /,
    );
  });

  test('when its parts are of another type, or an app name is none', () => {
    for (const document of [null, [], 'x', 5]) assert.deepEqual(faultsOf(document), ['"": must be an object']);
    assert.deepEqual(faultsOf({ defaults: [], apps: 5, strictApps: 'yes', $schema: 1 }), [
      '/$schema: must be a text',
      '/defaults: must be an object',
      '/strictApps: must be true or false',
      '/apps: must be an object',
    ]);
    assert.deepEqual(faultsOf({ apps: { shop: null, idleTimeout: 5 } }), [
      '/apps/shop: must be an object',
      '/apps/idleTimeout: must be an object',
    ]);
    const rule =
      'an app name must be 3 to 20 characters of A-Z, a-z, 0-9, _ and -, and must not begin with _, which is reserved';
    const names = ['my', 'a b c', '_app'];
    assert.deepEqual(
      faultsOf({ apps: Object.fromEntries(names.map((name) => [name, {}])) }),
      names.map((name) => `/apps/${name}: ${rule}`),
    );
  });

  test('when members contradict each other, at the one that this layer states', () => {
    const below = 'minIdleTimeout (10) must not be above idleTimeout (5)';
    assert.deepEqual(faultsOf({ defaults: { idleTimeout: 5 } }), [`/defaults/idleTimeout: ${below}`]);
    assert.deepEqual(faultsOf({ apps: { shop: { idleTimeout: 5 }, blog: {} } }), [`/apps/shop/idleTimeout: ${below}`]);
    assert.deepEqual(faultsOf({ apps: { shop: { maxIdleTimeout: 60 } } }), [
      '/apps/shop/maxIdleTimeout: idleTimeout (7200) must not be above maxIdleTimeout (60)',
    ]);
    assert.deepEqual(
      faultsOf({ defaults: { idleTimeout: 60, maxIdleTimeout: 60 }, apps: { shop: { idleTimeout: 61 } } }),
      ['/apps/shop/idleTimeout: idleTimeout (61) must not be above maxIdleTimeout (60)'],
    );
    assert.deepEqual(
      faultsOf({
        defaults: { minIdleTimeout: 100, idleTimeout: null, absoluteTimeout: 9, maxIdleTimeout: 50 },
        apps: { shop: {} },
      }),
      ['/defaults/minIdleTimeout: minIdleTimeout (100) must not be above maxIdleTimeout (50)'],
    );
    assert.deepEqual(faultsOf({ strictApps: true }), [
      '/strictApps: must not be true where apps names none: no app would be served',
    ]);
  });

  test('when an absolute timeout is above its bound, or none where there is one', () => {
    assert.deepEqual(faultsOf({ defaults: { maxAbsoluteTimeout: 60 }, apps: { shop: { absoluteTimeout: 59 } } }), [
      '/defaults/maxAbsoluteTimeout: absoluteTimeout (2592000) must not be above maxAbsoluteTimeout (60)',
    ]);
    const defaults = { maxAbsoluteTimeout: 60, absoluteTimeout: 60 };
    assert.deepEqual(faultsOf({ defaults, apps: { shop: { absoluteTimeout: null }, blog: { absoluteTimeout: 61 } } }), [
      '/apps/shop/absoluteTimeout: absoluteTimeout must not be null where maxAbsoluteTimeout is a number',
      '/apps/blog/absoluteTimeout: absoluteTimeout (61) must not be above maxAbsoluteTimeout (60)',
    ]);
  });

  test('when sessions would never end', () => {
    const endless =
      'idleTimeout must not be null where the file sets no absoluteTimeout: such sessions would never end';
    assert.deepEqual(faultsOf({ defaults: { idleTimeout: null } }), [`/defaults/idleTimeout: ${endless}`]);
    const defaults = { idleTimeout: null, absoluteTimeout: 60 };
    assert.deepEqual(faultsOf({ defaults, apps: { shop: { absoluteTimeout: null } } }), [
      `/apps/shop/absoluteTimeout: ${endless}`,
    ]);
  });
});

describe('a policy file that cannot be used', () => {
  const lines = (path: string): string[] => {
    try {
      new PolicyFile(path);
    } catch (error) {
      assert.ok(error instanceof PolicyFault, String(error));
      return error.message.split('\n');
    }
    return [];
  };

  test('is named in each line, with one line for each fault', (t) => {
    const path = join(temporaryFolder(t), 'policy.json');
    const linesFor = (text: string | Uint8Array) => {
      writeFileSync(path, text);
      return lines(path).map((line) => line.replace(path, 'FILE'));
    };
    assert.deepEqual(linesFor('{"apps":{"shop":{"classic":1,"a\\nb":2}},"x":1}'), [
      'FILE: /apps/shop/classic: must be true or false',
      `FILE: /apps/shop/a\\nb: is not a member here; there are ${Object.keys(MEMBERS).join(', ')}`,
      'FILE: /x: is not a member here; there are $schema, defaults, strictApps, apps',
    ]);
    assert.deepEqual(linesFor('{\n  "defaults": {\n    "classic": yes\n  }\n}'), [
      'FILE: line 3, column 16: is not JSON: a value is expected here',
    ]);
    assert.deepEqual(linesFor('{"apps":{"shop":{\n"classic":true,\n "cl\\u0061ssic":false}}}'), [
      'FILE: /apps/shop/classic: is there twice (line 3, column 2)',
    ]);
    assert.deepEqual(linesFor('{"defaults":{"maxDataBytes":1e20}}'), [
      'FILE: /defaults/maxDataBytes: must be a whole number from 2 to 4194304',
    ]);
    assert.deepEqual(linesFor(Uint8Array.of(0x7b, 0xff, 0x7d)), ['FILE: "": must be UTF-8']);
    assert.deepEqual(linesFor('{"apps":{"__proto__":{"classic":false}}}'), [
      'FILE: /apps/__proto__: is not a name that can be configured (line 1, column 10)',
    ]);
  });

  test('is named when it cannot be read', (t) => {
    const folder = temporaryFolder(t);
    assert.deepEqual(lines(join(folder, 'none')), [`${join(folder, 'none')}: "": cannot be read (ENOENT)`]);
    mkdirSync(join(folder, 'folder'));
    assert.deepEqual(lines(join(folder, 'folder')), [`${join(folder, 'folder')}: "": cannot be read (EISDIR)`]);
  });
});

describe('reading a document', () => {
  test('gives what JSON.parse gives, for any JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), fc.constantFrom(undefined, 1, '\t'), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        fc.pre(!text.includes('"__proto__"'));
        assert.deepEqual(readDocument(text), JSON.parse(text));
      }),
    );
  });

  test('says line and column of what is not JSON', () => {
    const faults: [string, string][] = [
      ['', 'line 1, column 1: is not JSON: the text ends too early'],
      ['{"a":1', 'line 1, column 7: is not JSON: the text ends too early'],
      ['{"a":1,}', 'line 1, column 8: is not JSON: a member name in double quotes is expected here'],
      ['{\n// no comments\n}', 'line 2, column 1: is not JSON: a member name in double quotes is expected here'],
      ['{"a" 1}', 'line 1, column 6: is not JSON: a colon is expected here'],
      ['{"a":[1 2]}', 'line 1, column 9: is not JSON: a comma or ] is expected here'],
      ['{"a":{"b":1]}', 'line 1, column 12: is not JSON: a comma or } is expected here'],
      ['{"a":"\\x"}', 'line 1, column 6: is not JSON: a value is expected here'],
      ['{"a":01}', 'line 1, column 7: is not JSON: a comma or } is expected here'],
      ['{}\r\n\r\n {}', 'line 3, column 2: is not JSON: there is more text after the end'],
      ['['.repeat(100_000), 'line 1, column 18: is not JSON: nests deeper than 16 levels'],
    ];
    for (const [text, message] of faults) {
      assert.throws(() => readDocument(text), { name: DocumentFault.name, message }, text.slice(0, 40));
    }
  });
});
