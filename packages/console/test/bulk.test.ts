import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  type BulkFilters,
  type BulkSession,
  isOnlySubjects,
  matcherOf,
  NO_FILTERS,
  subjectsIn,
} from '../src/views/bulk/filters.ts';
import { type BulkSource, planOf } from '../src/views/bulk/plan.ts';
import { type BulkEnder, runPlan } from '../src/views/bulk/run.ts';

const session = (id: string, more: Partial<BulkSession> = {}): BulkSession => ({
  ...{ id, subject: 'u1', ip: '10.0.0.7', userAgent: 'Mozilla/5.0 Firefox/145.0', label: null },
  ...{ createdAt: '2026-11-01T00:00:00.000Z', lastSeenAt: '2026-11-20T00:00:00.000Z' },
  ...more,
});

describe('the filters of a bulk end', () => {
  test('take a pasted list as it comes', () => {
    assert.deepEqual(subjectsIn('u1\r\n  u2,\n\n"u3"\nu1\nAnna, Berta;'), ['u1', 'u2', 'u3', 'Anna, Berta']);
  });

  const matches = (filters: Partial<BulkFilters>, one: BulkSession) => matcherOf({ ...NO_FILTERS, ...filters })(one);

  test('take an address whole, or a beginning of one', () => {
    assert.equal(matches({ ip: '10.0.0.7' }, session('a')), true);
    assert.equal(matches({ ip: '10.0.0' }, session('a')), false);
    assert.equal(matches({ ip: '10.0.' }, session('a')), true);
    assert.equal(matches({ ip: '10.0.0.7*' }, session('a', { ip: '10.0.0.77' })), true);
    assert.equal(matches({ ip: '2001:DB8:' }, session('a', { ip: '2001:db8::1' })), true);
    assert.equal(matches({ ip: '10.0.' }, session('a', { ip: null })), false);
  });

  test('all hold together', () => {
    const asked = { userAgent: 'firefox', lastSeenBefore: '2026-11-21T00:00:00.000Z' };
    assert.equal(matches(asked, session('a')), true);
    assert.equal(matches(asked, session('a', { lastSeenAt: '2026-11-22T00:00:00.000Z' })), false);
    assert.equal(matches({ ...asked, label: 'x' }, session('a')), false);
    assert.equal(matches({ createdBefore: '2026-11-01T00:00:00.000Z' }, session('a')), false);
  });

  test('know when only subjects are asked for', () => {
    assert.equal(isOnlySubjects({ ...NO_FILTERS, subjects: ['u1'] }), true);
    assert.equal(isOnlySubjects({ ...NO_FILTERS, subjects: ['u1'], label: 'x' }), false);
  });
});

/** A server with an app, in pages of two. Counts how many pages are in memory is not possible; how many were asked for is. */
function server(sessions: readonly BulkSession[]) {
  const there = new Map(sessions.map((one) => [one.id, one]));
  const asked: string[] = [];
  const source: BulkSource = {
    count: async () => there.size,
    page: async ({ subject, activeWithin }, cursor) => {
      asked.push(`${subject ?? '*'} ${cursor ?? 0}${activeWithin === null ? '' : ' again'}`);
      // Nobody is active meanwhile.
      const those = activeWithin === null ? [...there.values()] : [];
      const all = those.filter((one) => subject === null || one.subject === subject);
      const from = Number(cursor ?? 0);
      return { sessions: all.slice(from, from + 2), cursor: from + 2 < all.length ? String(from + 2) : null };
    },
  };
  const end = (those: readonly BulkSession[]) => those.filter(({ id }) => there.delete(id)).length;
  const ender: BulkEnder = {
    look: async (id) => there.get(id) ?? null,
    session: async (id) => end([...there.values()].filter((one) => one.id === id)),
    subject: async (subject) => end([...there.values()].filter((one) => one.subject === subject)),
    everybody: async () => end([...there.values()]),
    count: async () => there.size,
  };
  return { there, asked, source, ender };
}

const plan = (filters: Partial<BulkFilters>, source: BulkSource, signal = new AbortController().signal) =>
  planOf({ ...NO_FILTERS, ...filters }, source, { signal, onProgress: () => {} });
const run = (
  of: Awaited<ReturnType<typeof plan>>,
  ender: BulkEnder,
  more: { signal?: AbortSignal; pause?: (ms: number) => Promise<void> } = {},
) =>
  runPlan(of, 'why', ender, {
    signal: new AbortController().signal,
    onProgress: () => {},
    pause: async () => {},
    ...more,
  });

describe('a bulk end', () => {
  const FIVE = [
    session('a'),
    session('b', { subject: 'u2' }),
    session('c', { ip: '10.1.1.1' }),
    session('d', { subject: null }),
    session('e', { subject: 'u2' }),
  ];

  test('finds what matches, page by page, and ends just that', async () => {
    const { source, ender, asked, there } = server(FIVE);
    const found = await plan({ ip: '10.0.' }, source);
    assert.deepEqual(asked, ['* 0', '* 2', '* 4', '* 0 again']);
    assert.deepEqual([found.count, found.guests, found.subjects, found.before], [4, 1, 2, 5]);
    assert.deepEqual(found.bySubject, [
      { subject: 'u2', sessions: 2 },
      { subject: 'u1', sessions: 1 },
    ]);
    assert.deepEqual(
      found.sample.map(({ id }) => id),
      ['a', 'b', 'd', 'e'],
    );
    const result = await run(found, ender);
    assert.deepEqual([result.ended, result.gone, result.failed, result.before, result.after], [4, 0, 0, 5, 1]);
    assert.deepEqual([...there.keys()], ['c']);
  });

  test('asks for subjects one by one, and says which have no session', async () => {
    const { source, ender, asked, there } = server(FIVE);
    const found = await plan({ subjects: ['u2', 'nobody'] }, source);
    assert.deepEqual([asked, found.count, found.without], [['u2 0', 'nobody 0'], 2, ['nobody']]);
    // One that begins after the dry run is the subject's, too.
    there.set('f', session('f', { subject: 'u2' }));
    assert.equal((await run(found, ender)).ended, 3);
    assert.deepEqual([...there.keys()], ['a', 'c', 'd']);
  });

  test('of everybody is one step', async () => {
    const { source, ender } = server(FIVE);
    const found = await plan({}, source);
    assert.deepEqual([found.isEverybody, found.count, found.ids, found.sample.length], [true, 5, [], 2]);
    assert.deepEqual((await run(found, ender)).after, 0);
  });

  test('counts a session once that moved between pages', async () => {
    const { source } = server(FIVE);
    const pages = [
      ['a', 'b'],
      ['b', 'c'],
    ];
    const moving: BulkSource = {
      ...source,
      page: async (_, cursor) => ({
        sessions: pages[Number(cursor ?? 0)]!.map((id) => session(id)),
        cursor: cursor === null ? '1' : null,
      }),
    };
    assert.deepEqual((await plan({ ip: '10.' }, moving)).ids, ['a', 'b', 'c']);
  });

  test('finds who is active meanwhile and moves to the front behind it, and no end of those that begin', async () => {
    const { source } = server(FIVE);
    const begun = { createdAt: '2026-11-20T00:00:01.000Z', lastSeenAt: '2026-11-20T00:00:01.000Z' };
    const walks = [
      [[session('a')], [session('b')]],
      [[session('c'), session('a')], [session('new', begun)]],
      [[session('newer', begun)], [session('newest', begun)]],
    ];
    const [pages, asked] = [walks.flat(), [] as (number | null)[]];
    let now = 5000;
    const moving: BulkSource = {
      ...source,
      page: async ({ activeWithin }) => {
        asked.push(activeWithin);
        now += 1000;
        return { sessions: pages[asked.length - 1]!, cursor: asked.length % 2 === 0 ? null : '1' };
      },
    };
    const { signal } = new AbortController();
    const filters = { ...NO_FILTERS, ip: '10.' };
    const { ids } = await planOf(filters, moving, { signal, onProgress: () => {}, clock: () => now });
    assert.deepEqual(ids, ['a', 'b', 'c', 'new', 'newer', 'newest']);
    // A page later it is a second longer ago that the walk before began.
    assert.deepEqual(asked, [null, null, 17_000, 18_000, 17_000, 18_000]);
  });

  test('can be cancelled while it looks', async () => {
    const { source, asked } = server(FIVE);
    const aborter = new AbortController();
    const looking = planOf({ ...NO_FILTERS, ip: '1.' }, source, {
      signal: aborter.signal,
      onProgress: ({ looked }) => looked === 2 && aborter.abort(),
    });
    await assert.rejects(looking, { name: 'AbortError' });
    assert.deepEqual(asked, ['* 0']);
  });

  test('tells what could not be ended, what was over already, and who came back meanwhile', async () => {
    const { source, ender, there } = server(FIVE);
    const found = await plan({ lastSeenBefore: '2026-11-25T00:00:00.000Z' }, source);
    there.set('b', session('b', { lastSeenAt: '2026-11-26T00:00:00.000Z' }));
    there.delete('c');
    const refusing: BulkEnder = {
      ...ender,
      session: async (id, ...rest) => {
        if (id === 'd') throw Object.assign(new Error('no'), { code: 'forbidden', status: 403 });
        return ender.session(id, ...rest);
      },
    };
    const result = await run(found, refusing);
    assert.deepEqual([result.ended, result.gone, result.spared, result.failed, result.after], [2, 1, 1, 1, 2]);
    assert.deepEqual(result.failures, [{ what: 'd', code: 'forbidden', detail: 'no' }]);
  });

  test('waits as long as the server says, and asks again', async () => {
    const { source, ender } = server(FIVE);
    const found = await plan({ subjects: ['u1'] }, source);
    let refusals = 2;
    const busy: BulkEnder = {
      ...ender,
      subject: (...given) => {
        if (refusals-- > 0)
          throw Object.assign(new Error('slower'), { code: 'rate_limited', status: 429, retryAfter: 7 });
        return ender.subject(...given);
      },
    };
    const pauses: number[] = [];
    const result = await run(found, busy, { pause: async (ms) => void pauses.push(ms) });
    assert.deepEqual([result.ended, result.failed, pauses], [2, 0, [7000, 7000]]);
  });

  test('stops where it is when it is told to, and says what is left', async () => {
    const { source, ender, there } = server(Array.from({ length: 40 }, (_, i) => session(`s${i}`)));
    const found = await plan({ ip: '10.' }, source);
    const aborter = new AbortController();
    const stopping: BulkEnder = {
      ...ender,
      session: (...given) => {
        if (there.size === 21) aborter.abort();
        return ender.session(...given);
      },
    };
    const result = await run(found, stopping, { signal: aborter.signal });
    assert.equal(result.isStopped, true);
    assert.equal(result.ended + result.left, 40);
    assert.equal(result.after, result.left);
  });
});
