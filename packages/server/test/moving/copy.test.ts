/** What a pass of a copy does with each kind of difference, on stores in memory, where everything can be arranged. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { SessionStore } from '../../src/core/store.ts';
import { newToken, parseToken } from '../../src/core/token.ts';
import { copyAll } from '../../src/moving/copier.ts';
import { MemoryStore } from '../../src/stores/memory/memory-store.ts';
import { APP, HOUR, make, makeAliased, put, SECOND, T0 } from '../conformance/harness.ts';
import { recordsOf } from '../conformance/installs.ts';
import { installAll, sessionsOfEveryForm } from '../support/moving.ts';

interface Copying {
  readonly app?: string | null;
  readonly dryRun?: boolean;
  readonly now?: number;
  readonly from?: string;
  readonly endsMost?: boolean;
}

const copy = (source: SessionStore, target: SessionStore, copying: Copying = {}) => {
  const { app = null, dryRun = false, now = T0, from = 'source', endsMost = false } = copying;
  const { signal } = new AbortController();
  return copyAll({ source, target, from: [from], app, dryRun, endsMost, clock: () => now, signal, onPass: () => {} });
};

const stores = () => [new MemoryStore(), new MemoryStore()] as const;

describe('a copy', () => {
  test('brings every session to the letter, and once more finds nothing to do', async () => {
    const [source, target] = stores();
    const records = sessionsOfEveryForm(T0);
    await installAll(source, records, T0);
    const { all, last, isWhole } = await copy(source, target);
    assert.deepEqual([all.brought, last.same, last.brought, isWhole], [records.length, records.length, 0, true]);
    for (const app of await source.apps())
      assert.deepEqual(await recordsOf(target, { app }), await recordsOf(source, { app }));
    const again = await copy(source, target);
    assert.deepEqual([again.passes, again.all.brought, again.all.updated, again.all.ended], [1, 0, 0, 0]);
  });

  test('carries what is new, changed, rotated, moved and ended; and leaves what no copy brought', async () => {
    const [source, target] = stores();
    const own = await put(target, { subject: 'own', createdAt: T0 - 1 });
    const [changed, rotated, ended, guest] = [
      await put(source),
      await put(source),
      await put(source),
      makeAliased('guest'),
    ];
    await source.create({ ...guest.session, subject: null }, guest.credential, null, T0);
    await copy(source, target);
    await source.update(APP, changed.ref, { expect: 1, version: 2, data: '{"a":1}' }, T0 + 1);
    const next = newToken(rotated.session.id, 'standard');
    await source.rotate(APP, rotated.ref, { credential: next.credential, graceUntil: T0 + SECOND }, T0 + 1);
    await source.revoke(APP, { by: 'token', token: ended.ref }, T0 + 1);
    const move = { id: make({ subject: 'user' }).session.id, subject: 'user', cap: null };
    await source.update(APP, guest.ref, { expect: 1, version: 2, move }, T0 + 1);
    await put(source, { subject: 'new' });
    const { all, last } = await copy(source, target, { now: T0 + 1 });
    assert.deepEqual([all.brought, all.updated, all.others, all.example], [2, 2, 1, own.session.id]);
    const there = (await recordsOf(target, { now: T0 + 1 })).filter(({ session }) => session.id !== own.session.id);
    assert.deepEqual(there, await recordsOf(source, { now: T0 + 1 }));
    assert.equal((await target.get(APP, guest.ref, 'look', T0 + 1))?.session.subject, 'user');
    assert.equal(await target.get(APP, ended.ref, 'look', T0 + 1), null);
    assert.ok(await target.get(APP, own.ref, 'look', T0 + 1));
    assert.deepEqual([last.brought, last.updated, last.ended], [0, 0, 0]);
  });

  test('an app that ended at the source as a whole ends at the target, but for what no copy brought', async () => {
    const [source, target] = stores();
    for (let i = 0; i < 2100; i++) await put(source, { subject: `u${i}` });
    await copy(source, target);
    const own = await put(target, { subject: 'own', createdAt: T0 - 1 });
    await source.revoke(APP, { by: 'app' }, T0);
    const { all } = await copy(source, target, { endsMost: true });
    assert.deepEqual([all.ended, all.others], [2100, 1]);
    assert.deepEqual(
      (await recordsOf(target)).map(({ session }) => session.id),
      [own.session.id],
    );
  });

  test('of another source it ends nothing', async () => {
    const [source, target] = stores();
    const other = new MemoryStore();
    await put(source, { subject: 'a' });
    await put(other, { subject: 'b' });
    await copy(source, target, { from: 'one' });
    const { all } = await copy(other, target, { from: 'two' });
    assert.deepEqual([all.brought, all.ended, all.others], [1, 0, 1]);
    assert.equal((await recordsOf(target)).length, 2);
  });

  test('one app alone, when that is asked for', async () => {
    const [source, target] = stores();
    await put(source);
    await put(source, { app: 'blog' });
    await copy(source, target, { app: 'blog' });
    assert.deepEqual(
      (await target.apps()).filter((app) => app !== '_moving'),
      ['blog'],
    );
  });

  test('a dry run says what it would do, and does nothing', async () => {
    const [source, target] = stores();
    const ended = await put(source);
    await copy(source, target);
    await source.revoke(APP, { by: 'id', id: ended.session.id }, T0);
    await put(source);
    const before = target.dump();
    const { all, passes } = await copy(source, target, { dryRun: true });
    assert.deepEqual([all.brought, all.ended, passes], [1, 1, 1]);
    assert.deepEqual(target.dump(), before);
  });

  test('after a run that died between its note and its sessions, and with what was half brought, it is whole', async () => {
    const [source, target] = stores();
    const made = [];
    for (let i = 0; i < 50; i++) made.push(await put(source, { subject: `u${i}` }));
    let installs = 0;
    const dying = new Proxy(target, {
      get: (of, name) => {
        if (name !== 'install' || ++installs <= 20) return Reflect.get(of, name).bind(of);
        return () => Promise.reject(new Error('killed'));
      },
    });
    await assert.rejects(copy(source, dying), /killed/);
    await source.revoke(APP, { by: 'token', token: made[0]!.ref }, T0);
    await copy(source, target);
    assert.deepEqual(await recordsOf(target), await recordsOf(source));
  });

  test('once servers use the target, what ended there stays ended, and what went on there stays as it is', async () => {
    const [source, target] = stores();
    const [used, loggedOut, rotated] = [await put(source), await put(source), await put(source)];
    await copy(source, target);
    await target.get(APP, used.ref, 'read', T0 + SECOND);
    await target.revoke(APP, { by: 'token', token: loggedOut.ref }, T0 + SECOND);
    const next = newToken(rotated.session.id, 'standard');
    await target.rotate(APP, rotated.ref, { credential: next.credential, graceUntil: T0 + SECOND }, T0 + SECOND);
    const login = await put(target, { createdAt: T0 + SECOND });
    const before = await recordsOf(target, { now: T0 + 2 * SECOND });
    const { all } = await copy(source, target, { now: T0 + 2 * SECOND });
    assert.deepEqual([all.left, all.brought, all.updated, all.ended, all.others], [3, 0, 0, 0, 1]);
    assert.deepEqual(await recordsOf(target, { now: T0 + 2 * SECOND }), before);
    assert.ok(await target.get(APP, parseToken(next.token), 'look', T0 + 2 * SECOND));
    assert.ok(await target.get(APP, login.ref, 'look', T0 + 2 * SECOND));
  });

  test('what servers do at the target between the look at a session and its install stays', async () => {
    const [source, target] = stores();
    const made = await put(source);
    await copy(source, target);
    await put(target, { subject: 'served there', createdAt: T0 + SECOND });
    await source.update(APP, made.ref, { expect: 1, version: 2, data: '{"at":"source"}' }, T0 + SECOND);
    const install = target.install.bind(target);
    target.install = async (...args) => {
      await target.update(APP, made.ref, { expect: 1, version: 2, data: '{"at":"target"}' }, T0 + 2 * SECOND);
      return install(...args);
    };
    const { last } = await copy(source, target, { now: T0 + 2 * SECOND });
    assert.equal((await target.find(APP, made.session.id, T0 + 2 * SECOND))?.session.data, '{"at":"target"}');
    assert.deepEqual([last.updated, last.left], [0, 1]);
  });

  test('what expired at the target, because it was used at the source meanwhile, is brought again', async () => {
    const [source, target] = stores();
    const made = await put(source, { idleTimeout: 10 * SECOND });
    await copy(source, target);
    for (let now = T0; now <= T0 + HOUR; now += 9 * SECOND) await source.get(APP, made.ref, 'read', now);
    await target.sweep(T0 + HOUR, 10);
    const { all } = await copy(source, target, { now: T0 + HOUR });
    assert.equal(all.brought, 1);
    assert.deepEqual(await recordsOf(target, { now: T0 + HOUR }), await recordsOf(source, { now: T0 + HOUR }));
  });

  test('who goes on at the target alone stays logged in when he has expired at the source, and whoever ended there ends', async () => {
    const [source, target] = stores();
    const timed = { idleTimeout: 25 * SECOND };
    const used = [await put(source, timed), await put(source, timed), await put(source, timed)];
    const [endedHere, endedThere] = [await put(source), await put(source)];
    await copy(source, target);
    for (let now = T0 + 8 * SECOND; now <= T0 + 32 * SECOND; now += 8 * SECOND) {
      for (const { ref } of used) await target.get(APP, ref, 'read', now);
    }
    const now = T0 + 33 * SECOND;
    await source.revoke(APP, { by: 'id', id: endedHere.session.id }, now);
    await target.revoke(APP, { by: 'id', id: endedThere.session.id }, now);
    await source.sweep(now, 10);
    const dry = await copy(source, target, { now, dryRun: true });
    const { all } = await copy(source, target, { now });
    for (const counts of [dry.all, all]) {
      // He who logged out at the target alone does not come back either.
      assert.deepEqual([counts.left, counts.ended, counts.brought, counts.others], [4, 1, 0, 0]);
    }
    for (const { ref } of used) assert.ok(await target.get(APP, ref, 'look', now));
    assert.equal(await target.get(APP, endedThere.ref, 'look', now), null);
  });

  test('who is used at the target between the look at it and its end stays', async () => {
    const [source, target] = stores();
    const made = await put(source);
    await put(source);
    await copy(source, target);
    await source.revoke(APP, { by: 'id', id: made.session.id }, T0 + SECOND);
    const find = target.find.bind(target);
    target.find = async (...args) => {
      await target.get(APP, made.ref, 'read', T0 + 2 * SECOND);
      return find(...args);
    };
    const { all } = await copy(source, target, { now: T0 + SECOND });
    assert.deepEqual([all.left, all.ended], [1, 0]);
    assert.ok(await target.get(APP, made.ref, 'look', T0 + 2 * SECOND));
  });

  for (const [what, lost, kept] of [
    ['has none left', 7, 0],
    ['has lost most of them', 30, 29],
  ] as const) {
    test(`where the source ${what}, nothing ends without a word that it is right`, async () => {
      const [source, target] = stores();
      const made = [];
      for (let i = 0; i < lost + kept; i++) made.push(await put(source, { subject: `u${i}` }));
      await copy(source, target);
      for (const { session } of made.slice(0, lost))
        await source.revoke(APP, { by: 'id', id: session.id }, T0 + SECOND);
      const now = T0 + SECOND;
      for (const dryRun of [true, false]) {
        await assert.rejects(copy(source, target, { now, dryRun }), (error: Error) => {
          assert.equal(error.name, 'SourceLost');
          assert.match(
            error.message,
            new RegExp(`lost ${lost} of ${lost + kept} sessions of the app ${APP} .*--ended$`),
          );
          return true;
        });
      }
      assert.equal((await recordsOf(target, { now })).length, lost + kept);
      const { all } = await copy(source, target, { now, endsMost: true });
      assert.deepEqual([all.ended, (await recordsOf(target, { now })).length], [lost, kept]);
    });
  }

  test('what expired on both sides is no loss, and a few who log out are none', async () => {
    const [source, target] = stores();
    for (let i = 0; i < 100; i++) await put(source, { subject: `old${i}`, idleTimeout: 10 * SECOND });
    const few = [await put(source), await put(source), await put(source)];
    await copy(source, target);
    for (const { session } of few.slice(1)) await source.revoke(APP, { by: 'id', id: session.id }, T0 + SECOND);
    await source.sweep(T0 + 11 * SECOND, 1000);
    const { all, looked } = await copy(source, target, { now: T0 + 11 * SECOND });
    assert.deepEqual([all.ended, all.left, looked], [2, 0, 1]);
    const none = await copy(source, target, { now: T0 + 1000 * HOUR });
    assert.deepEqual([none.all.ended, none.looked], [0, 0]);
  });
});
