/** The walk that misses no session: how far back it is repeated, and when it ends. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Session } from 'rest-sessions-client/admin';
import { everyMatching } from '../../src/cli/remote/every-matching.ts';
import type { Filters } from '../../src/cli/remote/filters.ts';
import type { Work } from '../../src/cli/remote/work.ts';

const FILTERS: Filters = { query: {}, matches: () => true, looks: true, any: true, words: '' };

interface Asked {
  readonly activeWithin?: number;
  readonly cursor: string | null;
}

/** Walks over these answers, a page each; each takes a second. Gives whom it met, and what each page was asked for by. */
async function walk(walks: readonly (readonly (readonly Session[])[])[], filters = FILTERS) {
  const answers = walks.flatMap((pages) =>
    pages.map((sessions, i) => ({ sessions, cursor: i === pages.length - 1 ? null : `${i}` })),
  );
  const asked: Asked[] = [];
  let now = 5000;
  const list = async (query: Asked) => {
    asked.push(query);
    now += 1000;
    return answers[asked.length - 1]!;
  };
  const work = { ask: <T>(call: () => Promise<T>) => call(), app: { list } } as unknown as Work;
  const met: string[] = [];
  for await (const { id } of everyMatching(work, filters, { clock: () => now })) met.push(id);
  return {
    met: met.join(''),
    within: asked.map(({ activeWithin }) => activeWithin),
    left: answers.length - asked.length,
  };
}

/** `at`: when it was last active, and `begun` when it began. Units: seconds. */
function session(id: string, at: number, begun = 0): Session {
  const text = (seconds: number) => new Date(seconds * 1000).toISOString();
  return { id, lastSeenAt: text(at), createdAt: text(begun) } as Session;
}

const [a, b, c, d] = [session('a', 100), session('b', 90), session('c', 80), session('d', 70)];

test('one page is as of one instant, and is not repeated', async () => {
  assert.deepEqual(await walk([[[a, b]]]), { met: 'ab', within: [undefined], left: 0 });
  assert.deepEqual(await walk([[[]]]), { met: '', within: [undefined], left: 0 });
});

test('who has moved meanwhile is met in a walk from where the one before began, as long as it finds anybody', async () => {
  const walks = [
    [[a], [b]],
    [[session('c', 101), a], [b]],
    [[session('d', 102)], [a]],
    [[session('c', 103)], [a]],
  ];
  // A page later it is a second longer ago that the walk before began.
  const within = [undefined, undefined, 17, 18, 17, 18, 17, 18];
  assert.deepEqual(await walk(walks), { met: 'abcd', within, left: 0 });
  assert.deepEqual(await walk([[[a], [b]], [[c, d]]]), { met: 'abcd', within: [undefined, undefined, 17], left: 0 });
});

test('it asks for no more than the filter does', async () => {
  const filters = { ...FILTERS, query: { activeWithin: 10 } };
  assert.deepEqual(await walk([[[a], [b]], [[c]]], filters), { met: 'abc', within: [10, 10, 10], left: 0 });
});

test('sessions that begin meanwhile are met, and keep it from no end', async () => {
  const walks = [
    [[a], [b]],
    [[session('n', 102, 102)], [session('m', 101, 101)]],
  ];
  assert.deepEqual(await walk(walks), { met: 'abnm', within: [undefined, undefined, 17, 18], left: 0 });
});
