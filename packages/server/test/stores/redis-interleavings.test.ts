/**
 * What happens between the steps of verbs that are several on Redis (claims.ts, move.ts): another verb, or the end of the
 * process. Each test holds one verb at a step, so that the order is the same each time; races by chance are in races.ts.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Rotation } from '../../src/core/store.ts';
import { newSessionId, newToken, parseToken } from '../../src/core/token.ts';
import { RedisStore } from '../../src/stores/redis/redis-store.ts';
import { APP, HOUR, type Made, makeAliased, put, SECOND, T0 } from '../conformance/harness.ts';
import { forAllTests, startRedis } from '../support/redis.ts';
import { inside } from '../support/redis-inside.ts';
import { openOn } from '../support/redis-store.ts';
import type { Cleanup } from '../support/server.ts';

/** Who finds a claim waits twice as long before it is taken for that of a process that has ended. */
const TIMEOUT = 1000;

const server = forAllTests((cleanup) => startRedis(cleanup));

async function open(t: Cleanup, audited = true): Promise<RedisStore> {
  const { store } = await openOn(t, `redis://127.0.0.1:${server().port}`, [server().admin], {
    audited,
    timeout: TIMEOUT,
  });
  return store as RedisStore;
}

/** Runs something once before a step, the first time that it is taken. */
function before<O extends object>(of: O, step: keyof O, run: () => Promise<unknown>): void {
  around(of, step, async (go) => {
    await run();
    return go();
  });
}

/** Runs something once after a step, the first time that it is taken. */
function after<O extends object>(of: O, step: keyof O, run: () => Promise<unknown>): void {
  around(of, step, async (go) => {
    const done = await go();
    await run();
    return done;
  });
}

function around<O extends object>(of: O, step: keyof O, first: (go: () => Promise<unknown>) => Promise<unknown>): void {
  const original = (of[step] as (...args: unknown[]) => Promise<unknown>).bind(of);
  let isFirst = true;
  const held = (...args: unknown[]) => {
    if (!isFirst) return original(...args);
    isFirst = false;
    return first(() => original(...args));
  };
  Object.assign(of, { [step]: held });
}

/** Lets the first try of a step fail, as if the process had ended there. */
function failing<O extends object>(of: O, step: keyof O): void {
  before(of, step, () => Promise.reject(new Error('the process ended here')));
}

async function aliased(store: RedisStore, text: string, subject: string | null = null) {
  const made = makeAliased(text, { subject });
  assert.equal((await store.create(made.session, made.credential, null, T0)).kind, 'created');
  return made;
}

const to = (subject: string) => ({ id: newSessionId(subject), subject, cap: null });
const sessionsOf = async (store: RedisStore) => (await store.list(APP, { limit: 9 }, T0)).sessions.map(({ id }) => id);

describe('a page of an app', () => {
  for (const step of ['eachOf', 'find']) {
    test(`shows a session that is touched before its step ${step}, once, and those beside it`, async (t) => {
      const store = await open(t);
      const made: Made[] = [];
      for (let i = 0; i < 6; i++) made.push(await put(store, { subject: `u${i}`, createdAt: T0 + i * 300 }));
      const { fanOut } = store as unknown as { fanOut: Record<string, () => Promise<unknown>> };
      const given: string[] = [];
      let cursor: string | null = null;
      do {
        // The first of the page: it goes to the front, where the walk has been.
        const next = made.findLast(({ session }) => !given.includes(session.id))!;
        before(fanOut, step, () => store.get(APP, next.ref, 'read', T0 + 60 * SECOND));
        const more: { cursor?: string } = cursor === null ? {} : { cursor };
        const page = await store.list(APP, { limit: 2, ...more }, T0 + 60 * SECOND);
        given.push(...page.sessions.map(({ id }) => id));
        cursor = page.cursor;
      } while (cursor !== null);
      assert.equal(new Set(given).size, given.length, 'none twice');
      // One that is touched before its place is known may have been on either side of the cursor in the same second.
      assert.equal(given.length, step === 'find' ? 6 : 5);
    });
  }
});

describe('the token of a session that moves', () => {
  test('opens it when a touch has prolonged its alias meanwhile', async (t) => {
    const store = await open(t);
    const { ref } = await aliased(store, 'chosen-by-the-caller-0001');
    const at = T0 + 100 * 60 * SECOND;
    await store.get(APP, ref, 'slide', T0 + 50 * 60 * SECOND);
    before(inside(store).steps, 'vacate', () => store.get(APP, ref, 'slide', at));
    assert.equal((await store.update(APP, ref, { expect: 1, version: 2, move: to('joe') }, at))?.kind, 'updated');
    assert.equal((await store.get(APP, ref, 'look', at))?.session.subject, 'joe');
  });

  test('opens it where the second of two moves at once has brought it', async (t) => {
    const store = await open(t);
    const { ref } = await put(store, { subject: null });
    let goOn = () => {};
    let first: Promise<unknown> = Promise.resolve();
    await new Promise<void>((reached) => {
      before(inside(store).claims, 'settle', () => {
        reached();
        return new Promise<void>((resolve) => {
          goOn = resolve;
        });
      });
      first = store.update(APP, ref, { expect: 1, version: 2, move: to('joe') }, T0);
    });
    // The second has found the way by word; before it ends the session there, the first sets the alias.
    before(inside(store).steps, 'vacate', () => {
      goOn();
      return first;
    });
    assert.equal((await store.update(APP, ref, { expect: 2, version: 3, move: to('ann') }, T0))?.kind, 'updated');
    assert.equal((await store.get(APP, ref, 'look', T0))?.session.subject, 'ann');
  });

  test('opens it as long as it lives, also when its process ended before the alias was set', async (t) => {
    const store = await open(t);
    for (const { ref } of [await put(store, { subject: null }), await aliased(store, 'chosen-by-the-caller-0002')]) {
      failing(inside(store).claims, 'settle');
      await assert.rejects(store.update(APP, ref, { expect: 1, version: 2, move: to('joe') }, T0));
      assert.notEqual(await store.get(APP, ref, 'slide', T0), null);
      for (const word of await server().admin.keys('*:m:*')) await server().admin.del(word);
      assert.equal((await store.get(APP, ref, 'look', T0))?.session.subject, 'joe');
    }
  });
});

describe('a token that a caller chose', () => {
  test('goes to one of two creates: another one between the claim and the session', async (t) => {
    const store = await open(t);
    const [one, two] = ['a', 'b'].map((subject) => makeAliased('chosen-by-the-caller-0003', { subject }));
    const outcomes: unknown[] = [];
    after(inside(store).claims, 'claim', async () => {
      outcomes.push((await store.create(two!.session, two!.credential, null, T0)).kind);
    });
    outcomes.push((await store.create(one!.session, one!.credential, null, T0)).kind);
    assert.deepEqual(outcomes, ['created', 'taken']);
    assert.deepEqual(await sessionsOf(store), [two!.session.id]);
    assert.equal((await store.get(APP, two!.ref, 'look', T0))?.session.id, two!.session.id);
  });

  test('goes to one of two creates: the other one between the look at its claim and the next', async (t) => {
    const store = await open(t);
    const [dead, one, two] = ['c', 'a', 'b'].map((subject) => makeAliased('chosen-by-the-caller-0004', { subject }));
    // A claim that its create has not followed yet.
    const { aliases } = inside(store);
    await aliases.restore({ session: one!.session, hash: dead!.ref.hash, now: T0 });
    after(aliases, 'follow', async () => {
      assert.equal((await store.create(one!.session, one!.credential, null, T0)).kind, 'created');
    });
    assert.equal((await store.create(two!.session, two!.credential, null, T0)).kind, 'taken');
    assert.deepEqual(await sessionsOf(store), [one!.session.id]);
    assert.equal((await store.get(APP, one!.ref, 'look', T0))?.session.id, one!.session.id);
  });

  test('is kept when the same rotation was done between its claim and its end', async (t) => {
    const store = await open(t);
    const { ref, session } = await put(store);
    const chosen = parseToken('chosen-by-the-caller-0005');
    const rotation: Rotation = { credential: { hash: chosen.hash, alias: true }, graceUntil: T0 };
    after(inside(store).claims, 'claim', async () => {
      assert.equal((await store.rotate(APP, ref, rotation, T0))?.kind, 'rotated');
    });
    assert.equal(await store.rotate(APP, ref, rotation, T0), null);
    assert.equal((await store.get(APP, chosen, 'look', T0))?.session.id, session.id);
  });

  describe('leaves no alias behind when its session ends', () => {
    const aliasesLeft = () => server().admin.keys('*:t');
    const endOf = (store: RedisStore, { id }: Made['session']) => store.revoke(APP, { by: 'id', id }, T0);

    test('after a create has written it, and before the alias is settled', async (t) => {
      const store = await open(t);
      const made = makeAliased('chosen-by-the-caller-0008');
      before(inside(store).claims, 'settled', () => endOf(store, made.session));
      assert.equal((await store.create(made.session, made.credential, null, T0)).kind, 'created');
      assert.equal(await store.get(APP, made.ref, 'look', T0), null);
      assert.deepEqual(await aliasesLeft(), []);
    });

    test('after a rotation has written it, and before the alias is settled', async (t) => {
      const store = await open(t);
      const { ref, session } = await put(store);
      const chosen = parseToken('chosen-by-the-caller-0009');
      before(inside(store).claims, 'settled', () => endOf(store, session));
      const rotation = { credential: { hash: chosen.hash, alias: true }, graceUntil: T0 };
      assert.equal((await store.rotate(APP, ref, rotation, T0))?.kind, 'rotated');
      assert.equal(await store.get(APP, chosen, 'look', T0), null);
      assert.deepEqual(await aliasesLeft(), []);
    });

    test('before an alias that is put back for it is written', async (t) => {
      const store = await open(t);
      const made = makeAliased('chosen-by-the-caller-0010');
      const { aliases, claims } = inside(store);
      // The same is done at the same time, after the claim of the one that was in vain is removed.
      after(aliases, 'release', () => store.create(made.session, made.credential, null, T0));
      before(aliases, 'restore', () => endOf(store, made.session));
      await claims.withdraw({ session: made.session, hash: made.ref.hash, now: T0 });
      assert.equal(await store.get(APP, made.ref, 'look', T0), null);
      assert.deepEqual(await aliasesLeft(), []);
    });

    test('before another create gives the alias back that it claimed', async (t) => {
      const store = await open(t);
      const [one, two] = ['a', 'b'].map((subject) => makeAliased('chosen-by-the-caller-0011', { subject }));
      const { aliases, claims } = inside(store);
      await aliases.restore({ session: one!.session, hash: one!.ref.hash, now: T0 });
      after(aliases, 'follow', async () => {
        assert.equal((await store.create(one!.session, one!.credential, null, T0)).kind, 'created');
      });
      before(claims as unknown as { giveBack: () => unknown }, 'giveBack', () => endOf(store, one!.session));
      assert.equal((await store.create(two!.session, two!.credential, null, T0)).kind, 'taken');
      assert.deepEqual(await aliasesLeft(), []);
    });
  });

  test("is kept by Redis' clock, whatever that of a caller is", async (t) => {
    const { admin } = server();
    await admin.flushall();
    const url = `redis://127.0.0.1:${server().port}`;
    const store = new RedisStore({ url, namespace: 'test', timeout: 30_000, onError: () => {} });
    t.after(() => store.close());
    await store.ready();
    await put(store, { createdAt: Date.now() });
    const ahead = Date.now() + 12 * HOUR;
    const made = makeAliased('chosen-by-the-caller-0006', { createdAt: ahead });
    assert.equal((await store.create(made.session, made.credential, null, ahead)).kind, 'created');
    const next = parseToken('chosen-by-the-caller-0007');
    const rotation = { credential: { hash: next.hash, alias: true }, graceUntil: ahead };
    assert.equal((await store.rotate(APP, made.ref, rotation, ahead))?.kind, 'rotated');
    const [alias] = await admin.keys('*:t');
    const until = Number((await admin.get(alias!))!.split(':')[1]);
    const left = await admin.pttl(alias!);
    assert.ok(left > HOUR && Math.abs(Date.now() + left - until) < HOUR, `${left} ${until}`);
  });
});

describe('a login whose move failed half-way', () => {
  async function begun(t: Cleanup) {
    const store = await open(t, false);
    const { ref } = await put(store, { subject: null, data: '{"cart":1}' });
    const move = to('joe');
    const { token, credential } = newToken(move.id, 'standard');
    const rotate = () => store.rotate(APP, ref, { credential, graceUntil: T0, move }, T0);
    const isMoved = async () => {
      assert.deepEqual(await sessionsOf(store), [move.id]);
      assert.equal(await store.get(APP, ref, 'look', T0), null, 'the old token ended');
      return (await store.get(APP, parseToken(token), 'look', T0))?.session;
    };
    return { store, ref, rotate, isMoved };
  }

  test('is finished by the same rotation, sent again', async (t) => {
    const { store, rotate, isMoved } = await begun(t);
    failing(inside(store).steps, 'end');
    await assert.rejects(rotate());
    assert.equal((await rotate())?.kind, 'rotated');
    assert.equal((await isMoved())?.data, '{"cart":1}');
  });

  test('is finished with what was written to the old session since', async (t) => {
    const { store, ref, rotate, isMoved } = await begun(t);
    failing(inside(store).steps, 'end');
    await assert.rejects(rotate());
    await store.update(APP, ref, { expect: 1, version: 2, data: '{"cart":2}' }, T0);
    assert.equal((await rotate())?.kind, 'rotated');
    assert.equal((await isMoved())?.data, '{"cart":2}');
  });

  for (const written of [false, true]) {
    test(`is left to the same rotation that finished it meanwhile${written ? ', after an update' : ''}`, async (t) => {
      const { store, ref, rotate, isMoved } = await begun(t);
      before(inside(store).steps, 'end', async () => {
        if (written) await store.update(APP, ref, { expect: 1, version: 2, data: '{"cart":2}' }, T0);
        assert.equal((await rotate())?.kind, 'rotated');
      });
      assert.equal((await rotate())?.kind, 'rotated');
      assert.equal((await isMoved())?.version, written ? 2 : 1);
    });
  }

  test('does not come back when the old session ended meanwhile (G2)', async (t) => {
    const { store, ref, rotate } = await begun(t);
    before(inside(store).steps, 'end', () => store.revoke(APP, { by: 'token', token: ref }, T0));
    assert.equal(await rotate(), null);
    assert.deepEqual(await sessionsOf(store), []);
  });
});
