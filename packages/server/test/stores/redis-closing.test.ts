/**
 * A store that is closed keeps no process alive: whenever it is closed, while it connects, while it is used, and while it asks a
 * Cluster again for its slots, all of its connections and timers are gone soon after.
 */
import { createHook } from 'node:async_hooks';
import { describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { inspect } from 'node:util';
import { RedisStore } from '../../src/stores/redis/redis-store.ts';
import { APP, HOUR, make } from '../conformance/harness.ts';
import { forAllTests } from '../support/redis.ts';
import { TOPOLOGIES, type Topology } from '../support/topologies.ts';
import { until } from '../support/until.ts';

/** So many turns of the event loop after a connection was begun the store is closed. */
const TURNS = [0, 1, 2, 4];

for (const [name, start] of Object.entries(TOPOLOGIES)) {
  const topology = forAllTests(start);

  describe(`a store on ${name} that is closed leaves nothing that runs`, () => {
    test('at the beginning of each of its connections, and soon after', async () => {
      for (const turns of TURNS) {
        for (let nth = 1; await closesAt(topology(), nth, turns); nth++);
      }
    });

    if (name === 'Redis Cluster') {
      test('while the slots are asked for again', async () => {
        await closesAt(topology(), 'after use', 0);
      });
    }
  });
}

/**
 * Opens a store, uses it, and closes it, `turns` turns after it has begun its `nth` connection, or the first one after its use.
 * Gives false when it needs fewer connections. Errors: what is left.
 */
async function closesAt({ url, tls }: Topology, nth: number | 'after use', turns: number): Promise<boolean> {
  const before = running();
  // What a test before this one left has to be told by both.
  before.delete('Timeout');
  let [connections, isUsed, isDue] = [0, false, false];
  let begin = () => {};
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const init = (_: number, type: string) => {
    if (type !== 'TCPCONNECTWRAP') return;
    connections++;
    if (nth !== connections && !isUsed) return;
    isDue = true;
    begin();
  };
  const counting = createHook({ init }).enable();
  const store = new RedisStore({ url, tls, namespace: 'closing', timeout: 5000, onError: () => {} });
  // What is under way when the store is closed is refused.
  const used = use(store).catch(() => {});
  used.then(() => {
    isUsed = true;
  });
  await (nth === 'after use' ? begun : Promise.race([begun, used]));
  for (let i = 0; i < turns; i++) await turn();
  await store.close();
  await used;
  counting.disable();
  await until(
    () => [...running()].every(([resource, count]) => count <= (before.get(resource) ?? 0)),
    () => `closed at connection ${nth} and ${turns} turns: ${inspect(before)} before, and now ${inspect(running())}`,
  );
  return isDue;
}

/** Reaches all nodes, by commands and by gathered reads. */
async function use(store: RedisStore): Promise<void> {
  await store.ready();
  const now = Date.now();
  const all = Array.from({ length: 12 }, (_, i) => make({ createdAt: now, subject: `u${i}`, idleTimeout: HOUR }));
  await Promise.all(all.map(({ session, credential }) => store.create(session, credential, null, now)));
  for (let round = 0; round < 2; round++) {
    await Promise.all(all.map(({ ref }) => store.get(APP, ref, 'look', now)));
    await turn();
  }
  await store.revoke(APP, { by: 'app' }, now);
}

/** What keeps this process alive now: the kinds, and how many there are of each. */
function running(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const resource of process.getActiveResourcesInfo()) counts.set(resource, (counts.get(resource) ?? 0) + 1);
  return counts;
}
