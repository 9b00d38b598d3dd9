import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Answer } from '../support/client.ts';
import { callerToken, freshApp, problemOf, type Service, type V1 } from './harness.ts';

type Write = (app: V1, token: string, headers: Record<string, string>) => Promise<Answer>;

const WRITES: Record<string, Write> = {
  merge: (app, token, headers) => app.merge(token, { a: 1 }, headers),
  'merge data': (app, token, headers) => app.mergeData(token, { a: 1 }, headers),
  set: (app, token, headers) => app.patch(token, { set: { a: 1 } }, headers),
  move: (app, token, headers) => app.patch(token, { subject: `s${Math.random()}` }, headers),
  data: (app, token, headers) => app.putData(token, { a: 1 }, headers),
  put: (app, token, headers) => app.put(token, { data: { a: 1 } }, headers),
  touch: (app, token, headers) => app.touch(token, undefined, headers),
  'touch with a body': (app, token, headers) => app.touch(token, { ip: '1.1.1.1' }, headers),
  rotate: (app, token, headers) => app.rotate(token, { token: callerToken() }, headers),
  bind: (app, token, headers) => app.rotate(token, { subject: `s${Math.random()}` }, headers),
  end: (app, token, headers) => app.end(token, headers),
};

const MATCHING = ['"1"', '*', ' * ', '"7", "1"', '"1","2"', 'W/"1", "1"', '"9" , "1" '];
const OTHER = [
  '"2"',
  '"01"',
  '""',
  'W/"1"',
  '"1.0"',
  '"999999999999999999999"',
  '"*"',
  '"-1"',
  '"2", W/"1",',
  '"1,1"',
  '"é"',
];
/** What is no list of entity tags. */
const GARBAGE = [
  '1',
  '',
  '"1',
  '1"',
  "'1'",
  '**',
  'null',
  '"1" "2"',
  '"1""2"',
  'w/"1"',
  'W/1',
  '*, "1"',
  '*, *',
  ',',
  '"1 "',
  '"1";"2"',
  '"1", x',
];

export function conditionsSection(service: () => Service): void {
  describe('If-Match and If-None-Match', () => {
    for (const [name, write] of Object.entries(WRITES)) {
      test(`${name}: goes on for the version there is, else 412 and nothing is changed`, async () => {
        const app = service().app(freshApp());
        const token = await app.token({ subject: 'a', data: { was: 1 } });
        const before = (await app.get(token)).json;
        for (const tag of OTHER) {
          const refused = await write(app, token, { 'If-Match': tag });
          assert.deepEqual(problemOf(refused), [412, 'version_mismatch'], tag);
        }
        for (const tag of GARBAGE) {
          for (const header of ['If-Match', 'If-None-Match']) {
            const refused = await write(app, token, { [header]: tag });
            assert.deepEqual(problemOf(refused), [400, 'invalid_request'], `${header}: ${tag}`);
            assert.deepEqual(refused.json.errors[0].parameter, header);
          }
        }
        for (const tags of [{ 'If-None-Match': '*' }, { 'If-None-Match': ' * ', 'If-Match': '"1"' }]) {
          assert.deepEqual(problemOf(await write(app, token, tags)), [412, 'version_mismatch']);
        }
        assert.deepEqual(problemOf(await write(app, token, { 'If-None-Match': '"1"' })), [400, 'invalid_request']);
        assert.deepEqual((await app.get(token)).json, before);
        for (const tag of MATCHING) {
          const fresh = await app.token({ data: { was: 1 } });
          const { status, text } = await write(app, fresh, { 'If-Match': tag });
          assert.equal(status, 200, `${tag} ${text}`);
        }
      });

      test(`${name}: of a session that is gone says ${name === 'put' ? 412 : name === 'end' ? '200 with 0' : 404}`, async () => {
        const app = service().app(freshApp());
        for (const tag of ['*', '"1"']) {
          const { status, json } = await write(app, callerToken(), { 'If-Match': tag });
          assert.deepEqual([status, json.revoked], name === 'end' ? [200, 0] : [name === 'put' ? 412 : 404, undefined]);
        }
        assert.deepEqual((await app.list()).json.sessions, []);
      });
    }

    test('If-None-Match: * only creates; any other value is 400', async () => {
      const app = service().app(freshApp());
      const token = callerToken();
      assert.equal((await app.put(token, { data: { a: 1 } }, { 'If-None-Match': '*' })).status, 201);
      assert.deepEqual(problemOf(await app.put(token, {}, { 'If-None-Match': '*' })), [412, 'version_mismatch']);
      assert.deepEqual((await app.get(token)).json.data, { a: 1 });
      for (const tag of ['"1"', '', '"*"', 'W/"1"', '*, *']) {
        const { status, json } = await app.put(token, {}, { 'If-None-Match': tag });
        assert.deepEqual([status, json.errors[0].parameter], [400, 'If-None-Match'], tag);
      }
      const both = { 'If-Match': '*', 'If-None-Match': '*' };
      for (const either of [token, callerToken()]) assert.equal((await app.put(either, {}, both)).status, 412);
    });

    test('of 20 that create under one token with If-None-Match: * exactly one does', async () => {
      const app = service().app(freshApp());
      for (let round = 0; round < 5; round++) {
        const token = callerToken();
        const answers = await Promise.all(
          Array.from({ length: 20 }, (_, i) => app.put(token, { subject: `s${i}` }, { 'If-None-Match': '*' })),
        );
        assert.deepEqual(answers.map(({ status }) => status).sort(), [201, ...Array(19).fill(412)]);
        assert.equal((await app.get(token)).json.version, 1);
      }
      assert.equal((await app.list()).json.sessions.length, 5);
    });
  });
}
