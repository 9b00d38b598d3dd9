import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { describe, test } from 'node:test';
import { freshApp, idsOf, problemOf, type Service } from './harness.ts';

const key = (text: string) => ({ 'Idempotency-Key': text });

export function idempotencySection(service: () => Service): void {
  describe('Idempotency-Key', () => {
    test('a create sent again gives the same session and token, and says that it did', async () => {
      const app = service().app(freshApp());
      const first = await app.create({ subject: 'a', data: { x: 1.5 } }, key('k'));
      assert.deepEqual([first.status, first.headers['idempotency-replayed']], [201, undefined]);
      const again = await app.create('{ "subject" : "a", "data": {"x":1.5} }', key('k'));
      assert.deepEqual(
        [again.status, again.headers['idempotency-replayed']],
        [201, 'true'],
        'white space is no difference',
      );
      assert.equal(again.text, first.text);
      assert.equal((await app.list()).json.sessions.length, 1);
    });

    test('a create whose answer was cut off, sent again, gives the one session it made', async () => {
      const app = service().app(freshApp());
      for (let i = 0; i < 20; i++) {
        const body = JSON.stringify({ subject: `cut-${i}` });
        await cutOff(service().servers[0]!.port, `/v1/apps/${app.name}/sessions`, body, `cut-${i}`, i);
        const retries = [await app.create(body, key(`cut-${i}`)), await app.create(body, key(`cut-${i}`))];
        assert.deepEqual(
          retries.map(({ status }) => status),
          [201, 201],
        );
        assert.equal(retries[0]!.json.token, retries[1]!.json.token);
        assert.deepEqual(idsOf(await app.ofSubject(`cut-${i}`)), [retries[0]!.json.session.id]);
        assert.equal((await app.get(retries[0]!.json.token)).status, 200);
      }
    });

    test('20 at once with one key give one session and one token', async () => {
      const app = service().app(freshApp());
      for (const subject of ['a', null]) {
        const answers = await Promise.all(
          Array.from({ length: 20 }, () => app.create({ subject }, key(`at-once-${subject}`))),
        );
        assert.deepEqual([...new Set(answers.map(({ status }) => status))], [201]);
        assert.equal(new Set(answers.map(({ json }) => `${json.token} ${json.session.id}`)).size, 1);
      }
      assert.equal((await app.list()).json.sessions.length, 2, 'no orphan');
    });

    test('another body, query or operation with the key is 422, and changes nothing', async () => {
      const app = service().app(freshApp());
      const { json } = await app.create({ subject: 'a' }, key('k'));
      for (const answer of [
        await app.create({ subject: 'b' }, key('k')),
        await app.create({ subject: 'a', data: {} }, key('k')),
        await app.create(undefined, key('k')),
        await app.rotate(json.token, undefined, key('k')),
      ]) {
        assert.deepEqual(problemOf(answer), [422, 'idempotency_key_reused']);
      }
      assert.equal((await app.list()).json.sessions.length, 1);
      assert.equal((await app.get(json.token)).status, 200);
    });

    test('keys of another app are other keys', async () => {
      const [one, two] = [service().app(freshApp()), service().app(freshApp())];
      const first = await one.create({ subject: 'a' }, key('same'));
      const second = await two.create({ subject: 'a' }, key('same'));
      assert.notEqual(first.json.token, second.json.token);
      assert.equal(second.headers['idempotency-replayed'], undefined);
      assert.equal((await two.create({ subject: 'b' }, key('other'))).status, 201);
    });

    test('at a cap the retry ends nobody else, and says again whom the first one ended', async () => {
      const app = service().app('cap-one');
      const { json: old } = await app.create({ subject: 'idem' });
      const first = await app.create({ subject: 'idem' }, key('cap'));
      assert.deepEqual(first.json.revoked, [old.session.id]);
      assert.equal((await app.create({ subject: 'idem' }, key('cap'))).text, first.text);
      const refusing = service().app('cap-refuse');
      for (let i = 0; i < 4; i++) await refusing.token({ subject: 'idem' });
      const fifth = await Promise.all(
        Array.from({ length: 10 }, () => refusing.create({ subject: 'idem' }, key('fifth'))),
      );
      assert.deepEqual([...new Set(fifth.map(({ status, json }) => `${status} ${json.token}`))].length, 1);
      assert.equal(fifth[0]!.status, 201);
      assert.equal((await refusing.create({ subject: 'idem' }, key('sixth'))).status, 409);
      await refusing.end(fifth[0]!.json.token);
      assert.equal((await refusing.create({ subject: 'idem' }, key('sixth'))).status, 201, 'a refusal uses no key up');
      assert.deepEqual(problemOf(await refusing.create({ subject: 'idem' }, key('fifth'))), [404, 'session_not_found']);
    });

    test('a key is 1 to 255 visible ASCII characters', async () => {
      const app = service().app(freshApp());
      for (const text of ['', 'a b', 'x'.repeat(256), 'é', '\t']) {
        const { status, json } = await app.create({}, key(text));
        assert.deepEqual([status, json.errors[0].parameter], [400, 'Idempotency-Key'], text.slice(0, 10));
      }
      for (const text of ['"quoted"', 'x'.repeat(255), '{}', '0'])
        assert.equal((await app.create({}, key(text))).status, 201);
    });
  });
}

/** Sends a create and breaks the connection: before the answer is read, some of them while the server works. */
function cutOff(port: number, path: string, body: string, name: string, variant: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    const head = `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nIdempotency-Key: ${name}\r\n`;
    socket.on('error', reject);
    socket.on('close', () => resolve());
    socket.write(`${head}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`, () => {
      if (variant % 2 === 0) socket.destroy();
    });
    socket.on('data', () => socket.destroy());
  });
}
