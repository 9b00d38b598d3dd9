/** G4: random sequences of verbs, some of them together, answer as the memory store does, and leave indexes that are true. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { Cap, Refused, SessionStore } from '../../src/core/store.ts';
import { newToken, parseToken } from '../../src/core/token.ts';
import { MemoryStore } from '../../src/stores/memory/memory-store.ts';
import { APP, HOUR, type Made, make, makeAliased, type OpenStore, SECOND, T0 } from './harness.ts';

const SUBJECTS = ['a', 'a:b', '{x}', '\0', '😀', null];
const APPS = [APP, 'blog'];
const ENTRIES = 8;

/** One step: which verb, on which of the prepared sessions, and how much later than the step before. */
interface Step {
  readonly verb: (typeof VERBS)[number];
  readonly entry: number;
  readonly later: number;
  readonly option: number;
}
const VERBS = [
  'create',
  'get',
  'slide',
  'look',
  'update',
  'rotate',
  'follow',
  'move',
  'moveKeeping',
  'revoke',
  'revokeId',
  'revokeSubject',
  'revokeApp',
  'sweep',
  'list',
  'count',
  'memo',
  'install',
  'installInPlace',
  'records',
] as const;

const step: fc.Arbitrary<Step> = fc.record({
  verb: fc.constantFrom(...VERBS),
  entry: fc.nat(ENTRIES - 1),
  later: fc.constantFrom(0, 0, 1, 999, 3 * SECOND, 11 * SECOND),
  option: fc.nat(5),
});

export function modelSection(open: OpenStore, runs: number): void {
  describe('model', () => {
    test('random sequences of verbs answer as the memory store does, and indexes stay true (G4)', async (t) => {
      const { store, faults, contents } = await open(t);
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
          // A run that failed left its sessions; the smaller ones that fast-check tries next start clean.
          await empty(store);
          const model = new MemoryStore();
          const script = play(steps);
          for (const { run, verb } of script) {
            const [expected, actual] = [await run(model), await run(store)];
            // Which sessions a step of the sweep meets first is the store's own business, and so is how many it meets.
            if (verb !== 'sweep') assert.deepEqual(actual, expected, verb);
          }
          assert.deepEqual(await faults(), []);
          await empty(store);
          assert.deepEqual(await contents(), []);
        }),
        { numRuns: Number(process.env.MODEL_RUNS ?? runs) },
      );
    });
  });
}

async function empty(store: SessionStore): Promise<void> {
  for (const app of APPS) await store.revoke(app, { by: 'app' }, 0);
  while ((await store.sweep(Number.MAX_SAFE_INTEGER, 1000)) > 0);
}

function capOf(option: number): Cap | null {
  return option < 2 ? null : { max: option - 1, onLimit: option % 2 === 0 ? 'revokeOldest' : 'refuse' };
}

/** A refusal names the sessions in whatever order the store has them. */
function withSortedIds<T extends { readonly kind: string } | null>(outcome: T) {
  if (outcome?.kind !== 'refused') return outcome;
  return { ...outcome, sessions: (outcome as unknown as Refused).sessions.map(({ id }) => id).sort() };
}

/** Prepares the sessions and turns steps into calls that can be made on any store with the same effect. */
function play(steps: readonly Step[]) {
  const entries: Made[] = Array.from({ length: ENTRIES }, (_, i) => {
    const overrides = {
      app: APPS[i % 2]!,
      subject: SUBJECTS[i % SUBJECTS.length]!,
      idleTimeout: i % 4 === 0 ? null : 10 * SECOND,
      absoluteExpiresAt: i % 3 === 0 ? T0 + 30 * SECOND : null,
    };
    return i % 5 === 4 ? makeAliased(`chosen-by-the-caller-number-${i}`, overrides) : make(overrides);
  });
  // Tokens that rotations lead to, one after the other.
  const chains = entries.map(({ ref, session: { id } }) => [
    ref,
    ...Array.from({ length: 3 }, () => parseToken(newToken(id, 'standard').token)),
  ]);
  let now = T0;
  return steps.map(({ verb, entry, later, option }) => {
    now += later;
    const at = now;
    const { session, credential, ref } = entries[entry]!;
    const { app, id } = session;
    const subject = session.subject ?? 'a';
    const [from, to] = [chains[entry]![option % 3]!, chains[entry]![(option % 3) + 1]!];
    const moved = make({ subject });
    const elsewhere = make({ subject: SUBJECTS[option % SUBJECTS.length]! });
    const calls: Record<Step['verb'], (store: SessionStore) => Promise<unknown>> = {
      create: (store) => {
        const fresh = { ...session, createdAt: at, lastSeenAt: at };
        return store.create(fresh, credential, capOf(option), at).then(withSortedIds);
      },
      get: (store) => store.get(app, ref, 'read', at),
      slide: (store) => store.get(app, ref, 'slide', at),
      look: (store) => store.get(app, ref, 'look', at),
      update: (store) =>
        store.update(
          app,
          ref,
          {
            expect: option % 3 === 0 ? 2 : 1,
            version: 2,
            data: `{"o":${option}}`,
            idleTimeout: (option + 1) * 4 * SECOND,
          },
          at,
        ),
      rotate: (store) => {
        const change = { version: 2, idleTimeout: (option + 1) * 4 * SECOND, absoluteTimeout: 30 * SECOND, label: 'l' };
        const rotation = {
          credential: { hash: to.hash, alias: false },
          ...(option % 2 === 0 && { seed: `seed-${option}` }),
          graceUntil: at + option * 3 * SECOND,
          ...(option > 3 && { expect: 1, change }),
        };
        return store.rotate(app, from, rotation, at);
      },
      follow: (store) => store.get(app, to, 'look', at),
      move: (store) =>
        store
          .rotate(
            app,
            ref,
            {
              credential: moved.credential,
              graceUntil: at,
              move: { id: moved.session.id, subject, cap: capOf(option) },
            },
            at,
          )
          .then(withSortedIds),
      moveKeeping: (store) =>
        store
          .update(
            app,
            ref,
            {
              expect: option % 3 === 0 ? 2 : 1,
              version: 2,
              data: `{"o":${option}}`,
              // No sum of `later`: what is over as it comes has no alias, and the audit, by Redis' own clock, takes it for alive.
              absoluteTimeout: 40.5 * SECOND,
              move: { id: elsewhere.session.id, subject: elsewhere.session.subject, cap: capOf(option) },
            },
            at,
          )
          .then(withSortedIds),
      // Kept for longer than any run takes: Redis also removes a memo by its own time (memos.ts tries the end of one).
      memo: (store) =>
        store.memo(
          app,
          `name-${id}`,
          { text: `${option}`, instead: option < 3 ? null : `${option - 3}`, until: at + HOUR },
          at,
        ),
      install: (store) => {
        const seen = option % 3 === 0 ? at : at - 3 * SECOND;
        const previous = option === 5 ? [{ hash: to.hash, alias: false, until: at + 5 * SECOND, seed: 'seed' }] : [];
        const there = option < 2 ? elsewhere : { session, credential };
        const whole = { ...there.session, app, createdAt: seen, lastSeenAt: seen, version: option, reads: 7 };
        // Elsewhere it may have another id by now, and the same token.
        const held = option === 0 && credential.alias ? credential : there.credential;
        return store.install({ session: whole, credential: { ...held, previous } }, option % 2 === 0, at);
      },
      installInPlace: async (store) => {
        const there = (await store.find(app, id, at))?.session ?? session;
        const whole = { ...there, version: there.version + 1, reads: there.reads + 2, data: `{"n":${option}}` };
        const expected = option === 0 ? { ...there, reads: there.reads + 1 } : there;
        return store.install({ session: whole, credential }, { session: expected, credential }, at);
      },
      records: (store) => store.records(app, null, 1000, at),
      revoke: (store) => store.revoke(app, { by: 'token', token: ref }, at),
      revokeId: (store) => store.revoke(app, { by: 'id', id }, at),
      revokeSubject: (store) =>
        store.revoke(app, option < 3 ? { by: 'subject', subject } : { by: 'subject', subject, except: id }, at),
      revokeApp: (store) => store.revoke(app, { by: 'app' }, at),
      sweep: (store) => store.sweep(at, option === 0 ? 2 : 1000),
      list: (store) =>
        store.list(
          app,
          {
            limit: option + 1,
            ...(option > 3 ? { subject } : {}),
            ...(option % 2 === 0 ? {} : { activeSince: at - 5 * SECOND }),
          },
          at,
        ),
      count: (store) => store.count(app, at - option * SECOND, at),
    };
    return { verb, run: calls[verb] };
  });
}
