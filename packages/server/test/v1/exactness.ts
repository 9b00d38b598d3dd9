import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Answer } from '../support/client.ts';
import { callerToken, freshApp, idsOf, problemOf, type Service } from './harness.ts';

/** Texts of data that JSON.parse and JSON.stringify would change. */
const EXACT = [
  '{"big":12345678901234567890123,"tiny":1e-320,"one":1.0,"e":1E+2,"minus":-0,"long":0.1000000000000000055511151231257827}',
  '{"2":"two","1":"one","b":{"9":1,"3":2},"a":[]}',
  '{"list":[],"empty":{},"null":null,"deep":[null,{"x":null,"y":[[]]}]}',
  '{"\\u0061":"\\u00e9","\\/":"\\/","é":"\\ud83d\\ude00😀","\\n":"\\u0000","":""}',
  '{"__proto__":{"a":1},"constructor":1,"toString":null,"hasOwnProperty":[]}',
  `{"d":${'['.repeat(31)}${']'.repeat(31)}}`,
  `{"s":"${'ü😀'.repeat(2000)}"}`,
];
const NESTED = EXACT[2]!;

export function exactnessSection(service: () => Service): void {
  describe('data comes back exactly as it was sent', () => {
    for (const [i, data] of EXACT.entries()) {
      test(`through every route: ${i}`, async () => {
        const app = service().app(freshApp());
        const created = await app.create(`{ "subject":"s", "data" : ${data.replaceAll(',"', ' ,\n "')} }`);
        const token: string = created.json.token;
        const ends = (answer: Answer, text = data) =>
          assert.ok(answer.text.includes(`,"data":${text}}`), `${answer.status} ${answer.text.slice(0, 900)}`);
        ends(created);
        ends(await app.get(token, '?touch=true'));
        assert.equal((await app.get(token, '?fields=data')).text, `{"data":${data}}`);
        ends(await app.touch(token, { ip: '1.1.1.1' }));
        ends(await app.patch(token, { label: 'x' }));
        ends(await app.merge(token, '{"absent":null}'));
        ends(await app.list());
        ends(await app.ofSubject('s'));
        ends(await app.find(created.json.session.id));
        ends(await app.send('POST', '/sessions:verify', { tokens: [token] }));
        const more = data === '{}' ? '{"zz":1.0}' : `${data.slice(0, -1)},"zz":1.0}`;
        ends(await app.merge(token, '{"zz":1.0}'), more);
        ends(await app.patch(token, '{"unset":["zz"]}'));
        ends(await app.patch(token, '{"set":{"zz":1.0}}'), more);
        ends(await app.putData(token, data));
        ends(await app.rotate(token, { grace: 60 }));
        const moved = await app.rotate((await app.rotate(token, { grace: 60 })).json.token, { subject: 't' });
        ends(moved);
        ends(await app.patch(moved.json.token, { subject: 'u' }));
        const chosen = callerToken();
        ends(await app.put(chosen, `{"data":${data}}`));
        ends(await app.put(chosen, `{"data":${data},"subject":"x"}`));
        ends(await app.get(chosen));
        if (!data.includes('null')) {
          const patched = await app.token();
          ends(await app.merge(patched, data));
        }
        const set = await app.token();
        ends(await app.patch(set, `{"set":${data}}`));
      });
    }

    test('a merge rewrites only what it must touch', async () => {
      const app = service().app(freshApp());
      const token = await app.token(`{"data":{"keep":1.0,"\\u0061":{"x":1e2,"y":[ ]},"end":${NESTED}}}`);
      const { text } = await app.merge(token, '{"a":{"x":2.50,"z":{}}}');
      assert.ok(text.endsWith(`"data":{"keep":1.0,"\\u0061":{"x":2.50,"y":[],"z":{}},"end":${NESTED}}}`), text);
    });

    test('of duplicate keys the last value wins, at the place of the first', async () => {
      const app = service().app(freshApp());
      const { text, json } = await app.create(
        '{"data":{"a":0},"data":{"a":1,"b":2,"a":3},"subject":"x","subject":"y"}',
      );
      assert.ok(text.includes('"data":{"a":3,"b":2}'), text);
      assert.equal(json.session.subject, 'y');
    });

    test('lone surrogates, bytes that are not UTF-8, and numbers no double holds are 400, in every body', async () => {
      const app = service().app(freshApp());
      const token = await app.token({ data: { a: 1 } });
      const bad = [
        '"\\ud800"',
        '"\\udc00x"',
        '"\\ud800\\u0041"',
        '1e400',
        '-1e999',
        '01',
        '.5',
        'NaN',
        "'x'",
        '"\u0001"',
        '1,',
      ];
      for (const value of bad) {
        for (const [name, answer] of [
          ['create', await app.create(`{"data":{"x":${value}}}`)],
          ['put', await app.put(callerToken(), `{"data":{"x":${value}}}`)],
          ['merge', await app.merge(token, `{"x":${value}}`)],
          ['set', await app.patch(token, `{"set":{"x":${value}}}`)],
          ['data', await app.putData(token, `{"x":${value}}`)],
          ['label', await app.patch(token, `{"label":${value}}`)],
          ['touch', await app.touch(token, `{"ip":${value}}`)],
          ['rotate', await app.rotate(token, `{"token":${value}}`)],
          ['verify', await app.send('POST', '/sessions:verify', `{"tokens":[${value}]}`)],
        ] as const) {
          assert.equal(answer.status, 400, `${name} ${value} ${answer.text}`);
          assert.match(String(answer.headers['content-type']), /^application\/problem\+json/);
          assert.ok(answer.json.errors?.[0].pointer !== undefined, `${name} ${value}`);
        }
      }
      assert.deepEqual((await app.get(token)).json.data, { a: 1 });
      assert.deepEqual(idsOf(await app.list()).length, 1);
    });

    test('bodies that are not UTF-8, not JSON, not an object, too deep or have too many keys are refused', async () => {
      const app = service().app(freshApp());
      for (const [body, code] of [
        ['', 'none'],
        ['null', 'invalid_json'],
        ['1', 'invalid_json'],
        ['"x"', 'invalid_json'],
        ['[]', 'invalid_request'],
        ['{"data":[]}', 'invalid_request'],
        ['{"data":null}', 'invalid_request'],
        ['{"data":"x"}', 'invalid_request'],
        ['{', 'invalid_json'],
        ['{"data":{}} x', 'invalid_json'],
        ['{"data":{},}', 'invalid_json'],
        [`{"data":{"a":${'['.repeat(32)}${']'.repeat(32)}}}`, 'invalid_value'],
        [`{"data":{"a":${'['.repeat(100_000)}`, 'invalid_value'],
        [`{"data":{${Array.from({ length: 1001 }, (_, i) => `"${i}":0`)}}}`, 'invalid_value'],
      ] as const) {
        const answer = await app.create(body);
        if (code === 'none') assert.equal(answer.status, 201);
        else assert.deepEqual(problemOf(answer), [400, code], body.slice(0, 40));
      }
      const latin1 = await app.create('{"label":"x"}', { 'Content-Type': 'application/json; charset=iso-8859-1' });
      assert.deepEqual(problemOf(latin1), [415, 'unsupported_media_type']);
      assert.match((await app.create('{"data":{"a":[ 1 , 2 ]}}')).text, /"data":\{"a":\[1,2\]\}\}\}$/);
    });
  });
}
