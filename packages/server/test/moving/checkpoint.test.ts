/** How often an import notes how far it is. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Checkpoint } from '../../src/moving/checkpoint.ts';
import { MemoryStore } from '../../src/stores/memory/memory-store.ts';

const T0 = 1_800_000_000_000;

test('it is written once a second, and also after the clock was set back', async () => {
  let now = T0;
  const store = new MemoryStore({ clock: () => now });
  const checkpoint = new Checkpoint(store, ['it'], () => now);
  const written = async () => (await new Checkpoint(store, ['it'], () => now).load())?.position;
  const seen: unknown[] = [];
  for (const [position, at] of [
    ['a', T0],
    ['b', T0 + 999],
    ['c', T0 + 1000],
    ['d', T0 - 3_600_000],
    ['e', T0 - 3_600_000 + 999],
  ] as const) {
    now = at;
    await checkpoint.reached(position, 1);
    seen.push(await written());
  }
  assert.deepEqual(seen, ['a', 'a', 'c', 'd', 'd']);
});
