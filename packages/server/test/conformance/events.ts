/** The journal: what happened to each session, told once, in order, in the step that did it; and the history of subjects. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  type JournalEvent,
  type JournalRules,
  type JournalSource,
  SERVER_APP,
  START,
  type Told,
} from '../../src/core/events.ts';
import type { SessionStore } from '../../src/core/store.ts';
import { newSessionId, newToken, parseToken } from '../../src/core/token.ts';
import type { Cleanup } from '../support/server.ts';
import { APP, HOUR, make, makeAliased, type OpenStore, put, SECOND, T0 } from './harness.ts';

const RULES: JournalRules = { events: true, updates: false, history: null };
const WITH_UPDATES: JournalRules = { ...RULES, updates: true };
const DAY = 86_400_000;
const WITH_HISTORY: JournalRules = { ...RULES, history: 30 * DAY };
const SUPPORT = { by: 'support', note: 'lost\\phone\nsaid so' };

/** Gives the whole journal of an app, with what other processes left on the way. */
export async function journalOf(store: SessionStore, app = APP): Promise<Told[]> {
  await store.journal.settle(T0);
  const all: Told[] = [];
  for (let after = START; ; ) {
    const { events, next } = await store.journal.read(app, after, 3);
    if (events.length === 0) return all;
    all.push(...events);
    after = next;
  }
}

/** What is told of sessions, without what a store chooses. */
function plain(told: readonly Told[]): Partial<JournalEvent>[] {
  return told.map(({ event: { count: _, ...event } }) => event);
}

function endsOf(told: readonly Told[]) {
  return told
    .filter(({ event }) => event.type === 'session.ended')
    .map(({ event: { session, reason, at, by, note } }) => ({ session, reason, at, by, note }));
}

export function eventsSection(open: OpenStore): void {
  const opened = (t: Cleanup, rules: JournalRules | JournalSource | null = RULES) =>
    open(t, typeof rules === 'function' ? rules : () => rules);

  describe('the journal', () => {
    test('a session is created, rotated and ended, each told with what it was', async (t) => {
      const { store } = await opened(t);
      const { session, ref } = await put(store, { userAgent: 'Firefox\n\\', label: 'Laptop 💻' });
      const next = newToken(session.id, 'classic');
      await store.rotate(APP, ref, { credential: next.credential, graceUntil: T0 }, T0 + 1, SUPPORT);
      await store.revoke(APP, { by: 'token', token: parseToken(next.token) }, T0 + 2, SUPPORT);
      const { id, subject, ip, userAgent, label } = session;
      const about = { session: id, subject, version: 1 };
      const told = await journalOf(store);
      assert.deepEqual(plain(told), [
        { type: 'session.created', at: T0, ...about, ip, userAgent, label },
        { type: 'session.rotated', at: T0 + 1, ...about, by: 'support', from: null },
        { type: 'session.ended', at: T0 + 2, ...about, reason: 'logout', ...SUPPORT, ip },
      ]);
      const counts = told.map(({ event }) => event.count);
      assert.deepEqual(
        counts,
        [...new Set(counts)].sort((a, b) => a - b),
        'counts rise',
      );
    });

    test('an app without rules has no journal, and is none of those that have', async (t) => {
      const { store } = await opened(t, (app) => (app === APP ? null : RULES));
      const { ref } = await put(store);
      await put(store, { app: 'other' });
      await store.revoke(APP, { by: 'token', token: ref }, T0);
      assert.deepEqual(await journalOf(store), []);
      assert.equal((await journalOf(store, 'other')).length, 1);
      assert.deepEqual(await store.journal.apps(), ['other']);
      assert.deepEqual(await store.journal.lasts([APP]), [START]);
    });

    test('what is refused, or is not there, is not told', async (t) => {
      const { store } = await opened(t, WITH_UPDATES);
      const { session, credential, ref } = await put(store);
      await store.create(session, credential, null, T0);
      const other = make();
      await store.create(other.session, other.credential, { max: 1, onLimit: 'refuse' }, T0);
      await store.update(APP, ref, { expect: 7, version: 8, data: '{"a":1}' }, T0);
      await store.rotate(APP, ref, { credential: other.credential, graceUntil: T0, expect: 7 }, T0);
      await store.revoke(APP, { by: 'id', id: other.session.id }, T0);
      await store.revoke(APP, { by: 'id', id: session.id, version: 7 }, T0);
      await store.get(APP, ref, 'read', T0);
      assert.equal((await journalOf(store)).length, 1);
    });

    test('updates are told where that is asked for, with the version, and never their data', async (t) => {
      const { store } = await opened(t, WITH_UPDATES);
      const { session, ref } = await put(store);
      await store.update(APP, ref, { expect: 1, version: 2, data: '{"secret":1}' }, T0 + 1, { by: 'shop', note: null });
      const next = newToken(session.id, 'classic');
      const change = { data: '{"secret":2}', version: 3 };
      await store.rotate(APP, ref, { credential: next.credential, graceUntil: T0, expect: 2, change }, T0 + 2);
      const told = await journalOf(store);
      const types = told.map(({ event: { type, version, by } }) => [type, version, by ?? null]);
      assert.deepEqual(types, [
        ['session.created', 1, null],
        ['session.updated', 2, 'shop'],
        ['session.rotated', 3, null],
        ['session.updated', 3, null],
      ]);
      assert.ok(!JSON.stringify(told).includes('secret'));
    });

    test('each way to end is told once, with its reason and who asked', async (t) => {
      const { store } = await opened(t);
      const byId = await put(store, { subject: 'a' });
      const bySubject = [await put(store, { subject: 'b' }), await put(store, { subject: 'b' })];
      const kept = await put(store, { subject: 'b' });
      const byApp = await put(store, { subject: null });
      const byCap = await put(store, { subject: 'c' });
      const over = make({ subject: 'c', createdAt: T0 + 1 });
      await store.create(over.session, over.credential, { max: 1, onLimit: 'revokeOldest' }, T0 + 1, null, undefined, {
        by: 'login',
        note: null,
      });
      await store.revoke(APP, { by: 'id', id: byId.session.id }, T0 + 2, SUPPORT);
      await store.revoke(APP, { by: 'subject', subject: 'b', except: kept.session.id }, T0 + 3, SUPPORT);
      await store.revoke(APP, { by: 'app' }, T0 + 4, SUPPORT);
      await store.revoke(APP, { by: 'app' }, T0 + 5, SUPPORT);
      const told = await journalOf(store);
      const ended = (session: string, reason: string, at: number, origin: object = SUPPORT) => ({
        session,
        reason,
        at,
        ...origin,
      });
      const sorted = (ends: { session: string }[]) => ends.sort((a, b) => (a.session < b.session ? -1 : 1));
      assert.deepEqual(
        sorted(endsOf(told)),
        sorted([
          ended(byCap.session.id, 'cap', T0 + 1, { by: 'login', note: null }),
          ended(byId.session.id, 'revoked', T0 + 2),
          ...bySubject.map(({ session }) => ended(session.id, 'subject', T0 + 3)),
          ...[kept, byApp, over].map(({ session }) => ended(session.id, 'app', T0 + 4)),
        ]),
      );
      assert.equal(told.filter(({ event }) => event.type === 'session.created').length, 7);
    });

    test('what a deadline ended is told by whatever removes it, once, with the deadline as its instant', async (t) => {
      const { store } = await opened(t);
      const swept = await put(store, { idleTimeout: 10 * SECOND });
      const absolute = await put(store, { absoluteExpiresAt: T0 + 5 * SECOND });
      const met = makeAliased('chosen-by-the-caller-0001', { idleTimeout: 7 * SECOND });
      await store.create(met.session, met.credential, null, T0);
      const end = T0 + 20 * SECOND;
      for (const by of ['token', 'id', 'subject'] as const) {
        const selector = { by, token: swept.ref, id: swept.session.id, subject: 'user123' };
        assert.equal(await store.revoke(APP, selector, end, SUPPORT), 0, by);
      }
      const again = makeAliased('chosen-by-the-caller-0001', { createdAt: end });
      assert.equal((await store.create(again.session, again.credential, null, end)).kind, 'created');
      while ((await store.sweep(end, 100)) > 0);
      const nobody = { by: null, note: null };
      const told = endsOf(await journalOf(store)).sort((a, b) => a.at - b.at);
      assert.deepEqual(told, [
        { session: absolute.session.id, reason: 'absolute', at: T0 + 5 * SECOND, ...nobody },
        { session: met.session.id, reason: 'idle', at: T0 + 7 * SECOND, ...nobody },
        { session: swept.session.id, reason: 'idle', at: T0 + 10 * SECOND, ...nobody },
      ]);
    });

    test('a read that moved the deadline counts: the end is told by when the session was last seen', async (t) => {
      const { store } = await opened(t, WITH_HISTORY);
      const { ref, session } = await put(store, { idleTimeout: 10 * SECOND });
      await store.get(APP, ref, 'read', T0 + 8 * SECOND);
      while ((await store.sweep(T0 + 30 * SECOND, 100)) > 0);
      assert.deepEqual(
        endsOf(await journalOf(store)).map(({ at }) => at),
        [T0 + 18 * SECOND],
      );
      const [entry] = await store.journal.history(APP, session.subject!, T0 + 30 * SECOND);
      assert.deepEqual([entry?.lastSeenAt, entry?.endedAt], [T0 + 8 * SECOND, T0 + 18 * SECOND]);
    });

    for (const how of ['an update', 'a rotation'] as const) {
      test(`a login by ${how} ends the old id as moved, and tells the new one where it came from`, async (t) => {
        const { store } = await opened(t, WITH_UPDATES);
        const { ref, session } = await put(store, { subject: null });
        const move = { id: newSessionId('ann'), subject: 'ann', cap: null };
        if (how === 'an update') {
          await store.update(APP, ref, { expect: 1, version: 2, data: '{"a":1}', move }, T0 + 1, SUPPORT);
        } else {
          const { credential } = newToken(move.id, 'classic');
          await store.rotate(APP, ref, { credential, graceUntil: T0, move }, T0 + 1, SUPPORT);
        }
        const told = plain(await journalOf(store)).slice(1);
        const version = how === 'an update' ? 2 : 1;
        const moved = told.find(({ type }) => type === 'session.ended');
        const rotated = told.find(({ type }) => type === 'session.rotated');
        assert.equal(told.length, 2);
        assert.deepEqual([moved?.session, moved?.reason, moved?.by], [session.id, 'moved', 'support']);
        const { at: _, ...about } = rotated!;
        assert.deepEqual(about, {
          type: 'session.rotated',
          session: move.id,
          subject: 'ann',
          version,
          by: 'support',
          from: session.id,
        });
      });
    }

    test('an install tells what it ends, and not what it brings', async (t) => {
      const { store } = await opened(t);
      const first = makeAliased('chosen-by-the-caller-0002');
      await store.install({ session: first.session, credential: first.credential }, false, T0);
      const second = makeAliased('chosen-by-the-caller-0002');
      await store.install({ session: second.session, credential: second.credential }, true, T0 + 1);
      await store.install(
        { session: { ...second.session, label: 'new' }, credential: second.credential },
        true,
        T0 + 1,
      );
      const ends = endsOf(await journalOf(store)).map(({ session, reason }) => [session, reason]);
      assert.deepEqual(ends, [[first.session.id, 'replaced']]);
    });

    test('of parallel ends of one session one is told', async (t) => {
      const { store } = await opened(t);
      for (let round = 0; round < 10; round++) {
        const { ref, session } = await put(store, { subject: `u${round}` });
        await Promise.all([
          store.revoke(APP, { by: 'token', token: ref }, T0),
          store.revoke(APP, { by: 'id', id: session.id }, T0),
          store.revoke(APP, { by: 'subject', subject: `u${round}` }, T0),
        ]);
      }
      const sessions = endsOf(await journalOf(store)).map(({ session }) => session);
      assert.equal(sessions.length, 10);
      assert.equal(new Set(sessions).size, 10);
    });

    test('the events of a session come in their order, among those of many', async (t) => {
      const { store } = await opened(t, WITH_UPDATES);
      const all = await Promise.all(Array.from({ length: 20 }, (_, i) => put(store, { subject: `s${i}` })));
      await Promise.all(
        all.map(async ({ ref }) => {
          for (let version = 1; version < 5; version++) {
            await store.update(APP, ref, { expect: version, version: version + 1, data: `{"n":${version}}` }, T0);
          }
          await store.revoke(APP, { by: 'token', token: ref }, T0);
        }),
      );
      const told = await journalOf(store);
      assert.equal(told.length, 120);
      for (const { session } of all) {
        const own = told.filter(({ event }) => event.session === session.id).map(({ event }) => event);
        assert.deepEqual(
          own.map(({ type, version }) => `${type.slice(8)} ${version}`),
          ['created 1', 'updated 2', 'updated 3', 'updated 4', 'updated 5', 'ended 5'],
        );
        assert.ok(own.every(({ count }, i) => i === 0 || count > own[i - 1]!.count));
      }
    });

    test('positions rise, a page goes on behind one, and the extent says where it begins and ends', async (t) => {
      const { store } = await opened(t);
      assert.deepEqual(await store.journal.read(APP, START, 10), { events: [], next: START, floor: START });
      for (let i = 0; i < 5; i++) await put(store);
      const all = await journalOf(store);
      const [, second, , fourth, fifth] = all.map(({ position }) => position);
      const page = await store.journal.read(APP, second!, 2);
      assert.deepEqual(page.events, all.slice(2, 4));
      assert.equal(page.next, fourth);
      assert.deepEqual(await store.journal.lasts(['nobody', APP]), [START, fifth]);
      const { floor, last, events, bytes } = await store.journal.extent(APP);
      assert.deepEqual([floor, last, events], [START, fifth, 5]);
      assert.ok(bytes > 0);
      assert.equal(await store.journal.count(APP, second!, fourth!), 2);
    });

    test('what is trimmed is gone, the floor tells so, and the rest stays', async (t) => {
      const { store } = await opened(t);
      for (let i = 0; i < 6; i++) await put(store);
      const all = await journalOf(store);
      const third = all[2]!.position;
      assert.equal(await store.journal.trim(APP, third), 3);
      assert.equal(await store.journal.trim(APP, third), 0);
      assert.deepEqual(await journalOf(store), all.slice(3));
      assert.equal((await store.journal.read(APP, START, 1)).floor, third);
      assert.equal(await store.journal.trim(APP, all.at(-1)!.position), 3);
      const { floor, last, events } = await store.journal.extent(APP);
      assert.deepEqual([floor, last, events], [all.at(-1)!.position, all.at(-1)!.position, 0]);
      await put(store);
      const [next] = await journalOf(store);
      assert.ok(next!.event.count > all.at(-1)!.event.count, 'counts go on');
    });

    test('events that no change makes are written, too: of a session, and of the server', async (t) => {
      const { store } = await opened(t);
      const { session } = await put(store);
      const about = { session: session.id, subject: session.subject, version: 1 };
      const seen = { ip: session.ip, userAgent: null, presentedIp: '10.0.0.9', presentedUserAgent: null };
      await store.journal.append(APP, { type: 'session.suspect', ...about, ...seen }, T0 + 1);
      const what = '{"apps":["shop"]}';
      await store.journal.append(
        SERVER_APP,
        { type: 'policy.changed', session: '', subject: null, version: 0, by: null, what },
        T0 + 2,
      );
      const told = await journalOf(store);
      assert.deepEqual(plain(told)[1], { type: 'session.suspect', at: T0 + 1, ...about, ...seen });
      assert.ok(told[1]!.event.count > told[0]!.event.count);
      assert.equal((await journalOf(store, SERVER_APP))[0]?.event.what, what);
      assert.deepEqual(await store.journal.apps(), [SERVER_APP, APP]);
      assert.deepEqual((await store.apps()).sort(), [APP], 'a journal is no session');
    });

    test('who watches is told that there is more', async (t) => {
      const { store } = await opened(t);
      const told: string[] = [];
      let more = () => {};
      const first = new Promise<void>((resolve) => {
        more = resolve;
      });
      const end = store.journal.watch((app) => {
        told.push(app);
        more();
      });
      await put(store);
      await first;
      assert.deepEqual([...new Set(told)], [APP]);
      assert.equal((await store.journal.read(APP, START, 10)).events.length, 1, 'it is there when that is told');
      end();
    });
  });

  describe('the history of a subject', () => {
    test('it has what ended, the latest first, and nothing of guests', async (t) => {
      const { store } = await opened(t, WITH_HISTORY);
      const first = await put(store, { label: 'Laptop', userAgent: 'Firefox' });
      const second = await put(store);
      const guest = await put(store, { subject: null });
      await store.revoke(APP, { by: 'token', token: first.ref }, T0 + SECOND, SUPPORT);
      await store.revoke(APP, { by: 'id', id: second.session.id }, T0 + 2 * SECOND);
      await store.revoke(APP, { by: 'id', id: guest.session.id }, T0 + 2 * SECOND);
      const history = await store.journal.history(APP, 'user123', T0 + 3 * SECOND);
      const device = { ip: first.session.ip, createdAt: T0, lastSeenAt: T0 };
      assert.deepEqual(history, [
        {
          session: second.session.id,
          label: null,
          userAgent: null,
          ...device,
          endedAt: T0 + 2 * SECOND,
          reason: 'revoked',
          by: null,
          note: null,
        },
        {
          session: first.session.id,
          label: 'Laptop',
          userAgent: 'Firefox',
          ...device,
          endedAt: T0 + SECOND,
          reason: 'logout',
          ...SUPPORT,
        },
      ]);
      assert.deepEqual(await store.journal.history(APP, 'nobody', T0), []);
      assert.deepEqual(await store.journal.history('other', 'user123', T0), []);
    });

    test('it keeps a hundred, cuts what is long, and forgets what is old', async (t) => {
      const { store } = await opened(t, WITH_HISTORY);
      for (let i = 0; i < 102; i++) {
        const { ref } = await put(store, { userAgent: 'ü'.repeat(300), label: `device ${i}` });
        await store.revoke(APP, { by: 'token', token: ref }, T0 + i, { by: 'x', note: 'n'.repeat(200) });
      }
      const history = await store.journal.history(APP, 'user123', T0 + SECOND);
      assert.equal(history.length, 100);
      assert.equal(history[0]?.label, 'device 101');
      assert.equal(history.at(-1)?.label, 'device 2');
      const { userAgent, note } = history[0]!;
      assert.match(userAgent!, /^ü+$/);
      assert.match(note!, /^n+$/);
      assert.ok(userAgent!.length < 300 && note!.length < 200);
      assert.deepEqual(await store.journal.history(APP, 'user123', T0 + 30 * DAY + 200), []);
    });

    test('it is erased, and then nothing of it is left in the store', async (t) => {
      const { store, contents } = await opened(t, WITH_HISTORY);
      for (const subject of ['Erika Mustermann', 'Erika']) {
        const { ref } = await put(store, { subject, idleTimeout: HOUR, label: `of ${subject}.` });
        await store.revoke(APP, { by: 'token', token: ref }, T0);
      }
      await journalOf(store);
      assert.equal(await store.journal.eraseHistory(APP, 'Erika Mustermann'), 1);
      assert.equal(await store.journal.eraseHistory(APP, 'Erika Mustermann'), 0);
      await store.journal.trim(APP, (await store.journal.extent(APP)).last);
      assert.deepEqual(await store.journal.history(APP, 'Erika Mustermann', T0), []);
      assert.equal((await store.journal.history(APP, 'Erika', T0)).length, 1, 'that of another subject stays');
      assert.ok(!(await contents()).some((text) => text.includes('Mustermann')));
    });
  });
}
