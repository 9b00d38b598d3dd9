/**
 * G9 for the secrets that only v1 has: tokens chosen by callers, tokens before a rotation, Idempotency-Keys (who knows one
 * and has the store could draw the token again), each in every place where it belongs or might be put by mistake. They must
 * not be in the log, in an answer that did not make them, or in what the store holds.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { freshApp, startService, V1 } from '../v1/harness.ts';
import { lmdb, redis } from '../v1/stores.ts';

for (const [name, open] of Object.entries({ 'the embedded store': lmdb, 'one Redis server': redis })) {
  describe(`secrets of v1 on ${name}`, () => {
    test('are in the request that has them and the answer that makes them, and nowhere else (G9)', async (t) => {
      const made = await open(t);
      const service = await startService(t, async () => ({ ...made, env: { ...made.env, RS_LOGLEVEL: 'trace' } }));
      const app = new V1(service.clients[0]!, freshApp());
      const [chosen, next, key] = [
        'chosenBYthecaller0123456789',
        'nextCHOSENbythecaller9876543',
        'key-5up3r-53cr3t-1d3mp0t3ncy',
      ];
      const texts: string[] = [];
      const keep = async (answer: Promise<{ text: string; headers: unknown; json: { token?: string } }>) => {
        const { text, headers, json } = await answer;
        // The answer that makes a token has it.
        texts.push(json?.token === undefined ? text : text.replace(json.token, ''), JSON.stringify(headers));
        return json;
      };
      const created = await keep(app.create({ subject: 'ann', data: { a: 1 } }, { 'Idempotency-Key': key }));
      await keep(app.create({ subject: 'ann', data: { a: 1 } }, { 'Idempotency-Key': key }));
      await keep(app.create({ subject: 'bob' }, { 'Idempotency-Key': key }));
      await keep(app.create({}, { 'Idempotency-Key': `${key} ${key}` }));
      const first = created.token!;
      const second = (await keep(app.rotate(first, { grace: 0 }, { 'Idempotency-Key': `${key}2` }))).token!;
      const third = (await keep(app.rotate(second, { subject: 'eve' }))).token!;
      await keep(app.put(chosen, { subject: 'ann', data: { b: 1 } }));
      const secrets = [first, second, third, chosen, next];
      for (const token of [...secrets, `${chosen}x`]) {
        await keep(app.get(token));
        await keep(app.get(token, '?touch=true&fields=data'));
        await keep(app.get(token, `?fields=${token}`));
        await keep(app.get(token, `?${token}=${token}`));
        await keep(app.patch(token, { set: { c: 1 } }));
        await keep(app.patch(token, { subject: 'moved' }));
        await keep(app.patch(token, { [token]: token }));
        await keep(app.merge(token, '{"'));
        await keep(app.putData(token, { d: 1 }, { 'If-Match': `"${token}"` }));
        await keep(app.put(token, { subject: 'ann' }, { 'If-Match': '*' }));
        await keep(app.put(token, { [token]: 1 }));
        await keep(app.put(token, {}, { 'If-None-Match': token }));
        await keep(app.touch(token, { ip: '1.1.1.1' }));
        await keep(app.touch(token, { ip: [token] }));
        await keep(app.rotate(token, { token: next.slice(0, 20) }));
        await keep(app.rotate(token, { subject: token.repeat(12) }));
        await keep(app.send('POST', '/sessions:verify', { tokens: [token, token] }));
        await keep(app.send('POST', '/sessions:verify', { [token]: [token] }));
        await keep(app.find(token));
        await keep(app.send('DELETE', `/sessions/${token}`));
        await keep(app.list(`?cursor=${token}&limit=${token}`));
        await keep(app.list(`?view=${token}`));
        await keep(app.list(`?activeWithin=${token}`));
        await keep(app.ofSubject('ann', `?cursor=${token}`));
        await keep(app.endSubject('nobody', `?except=${token}`));
        await keep(app.send('DELETE', `/sessions?confirm=${token}`));
        await keep(app.send('GET', `/${token}`));
        await keep(app.send('GET', `/session/${token}`));
        await keep(app.create('{}', { 'Content-Type': token, 'Content-Encoding': token }));
      }
      await keep(app.put(chosen, { subject: 'ann' }));
      await keep(app.rotate(chosen, { token: next }, { 'Idempotency-Key': `${key}3` }));
      await keep(app.list());
      await keep(app.end(chosen));
      await service.stop();
      const [stored, log] = [
        (await made.contents()).join('\n'),
        service.servers.map(({ output }) => output()).join('\n'),
      ];
      assert.ok(log.includes('/v1/apps/:app/session'), 'requests were logged');
      assert.ok(stored.includes(app.name), 'the store was read');
      for (const secret of [key, ...secrets.map((token) => (token.startsWith('rs') ? token.slice(18) : token))]) {
        assert.ok(
          !log.includes(secret),
          log.split('\n').find((line) => line.includes(secret)),
        );
        assert.ok(!stored.includes(secret), 'in the store');
        assert.deepEqual(
          texts.filter((text) => text.includes(secret)),
          [],
          'in an answer',
        );
      }
    });
  });
}
