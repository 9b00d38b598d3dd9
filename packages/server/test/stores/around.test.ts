/** What stands around a store hands everything on: who asked for a change, and why, is in the journal whichever way the verb has gone. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Origin } from '../../src/core/events.ts';
import type { SessionStore } from '../../src/core/store.ts';
import { newSessionId, newToken } from '../../src/core/token.ts';
import { AppMeter } from '../../src/metrics/app-meter.ts';
import { MeasuredStore, StoreDurations } from '../../src/metrics/measured-store.ts';
import { MemoryStore } from '../../src/stores/memory/memory-store.ts';
import type { OpenTelemetry } from '../../src/tracing/open-telemetry.ts';
import { tracedStore } from '../../src/tracing/traced-store.ts';
import { adopting } from '../adopting/sides.ts';
import { APP, make, makeAliased, T0 } from '../conformance/harness.ts';
import { forAllTests, startRedis } from '../support/redis.ts';

const old = forAllTests((cleanup) => startRedis(cleanup));

const telemetry = { verb: (_name: string, run: () => unknown) => run() } as unknown as OpenTelemetry;
const AROUND: Record<string, (t: TestContext, store: SessionStore) => SessionStore | Promise<SessionStore>> = {
  nothing: (_t, store) => store,
  'what is measured': (_t, store) => new MeasuredStore(store, new AppMeter([]), new StoreDurations()),
  spans: (_t, store) => tracedStore(store, telemetry),
  adoption: async (t, store) => (await adopting(t, store, old().port)).store,
};

for (const [name, wrap] of Object.entries(AROUND)) {
  test(`with ${name} around a store, each verb tells its journal who asked, and why`, async (t) => {
    const inner = new MemoryStore({ journal: () => ({ events: true, updates: true, history: null }) });
    t.after(() => inner.close());
    const store = await wrap(t, inner);
    let nth = 0;
    const who = (): Origin => ({ by: `key-${++nth}`, note: `why ${nth}` });
    const cap = { max: 1, onLimit: 'revokeOldest' } as const;
    const put = async (subject: string | null, made = make({ subject })) => {
      await store.create(made.session, made.credential, cap, T0, null, undefined, who());
      return made;
    };
    const told = async () => {
      const { events } = await store.journal.read(APP, start, 1000);
      const { last } = await store.journal.extent(APP);
      start = last;
      return events.flatMap(({ event: { type, reason, by, note } }) =>
        type === 'session.created' ? [] : [[type, reason, by, note].filter((part) => part !== undefined)],
      );
    };
    let start = '0-0';
    const ended = (reason: string) => ['session.ended', reason, `key-${nth}`, `why ${nth}`];

    await put('joe');
    const joe = await put('joe');
    assert.deepEqual(await told(), [ended('cap')]);
    await store.update(APP, joe.ref, { expect: 1, version: 2, data: '{"a":1}' }, T0, who());
    assert.deepEqual(await told(), [['session.updated', `key-${nth}`]]);
    const rotation = { credential: newToken(joe.session.id, 'standard').credential, graceUntil: T0 };
    await store.rotate(APP, joe.ref, rotation, T0, who());
    assert.deepEqual(await told(), [['session.rotated', `key-${nth}`]]);
    const guest = await put(null);
    const id = newSessionId('joe');
    const move = { id, subject: 'joe', cap };
    const login = { credential: newToken(id, 'standard').credential, graceUntil: T0, move };
    await store.rotate(APP, guest.ref, login, T0, who());
    assert.deepEqual((await told()).slice(0, 2), [ended('cap'), ended('moved')]);

    const end = async (reason: string, selector: Parameters<SessionStore['revoke']>[1]) => {
      assert.equal(await store.revoke(APP, selector, T0, who()), 1);
      assert.deepEqual(await told(), [ended(reason)]);
    };
    await end('revoked', { by: 'id', id });
    await end('logout', { by: 'token', token: (await put('ann')).ref });
    await end('logout', { by: 'token', token: (await put('ann', makeAliased(`chosen-by-a-caller-${nth}`))).ref });
    await put('ann');
    await end('subject', { by: 'subject', subject: 'ann' });
    await put('ann');
    await end('app', { by: 'app' });
  });
}
