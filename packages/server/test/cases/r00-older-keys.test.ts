/**
 * R0: the version before drew the token of a rotation from the Idempotency-Key. Who got no answer from it, because it was
 * stopped to be replaced, sends the call again to this version.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_POLICY } from '../../src/core/policy.ts';
import type { RotateRequest } from '../../src/core/rotations.ts';
import { Sessions } from '../../src/core/sessions.ts';
import { drawFrom, fingerprint, newSessionId, newToken } from '../../src/core/token.ts';
import { type AppName, checkSubject } from '../../src/core/validate.ts';
import { MemoryStore } from '../../src/stores/memory/memory-store.ts';
import { APP, HOUR, put, T0 } from '../conformance/harness.ts';

const REPEATABLE = { caller: 'shop', key: 'key-1', request: 'rotate' };
const SEED = 'seed-of-the-version-before-000001';

/** Rotates as the version before did, noted as done or stopped before that. Gives the old token, and the new one. */
async function rotatedBefore(store: MemoryStore, { subject }: RotateRequest, isDone: boolean, grace: number) {
  const draw = (purpose: string) => drawFrom(SEED, `${purpose}.${REPEATABLE.key}`);
  const { session, token, ref } = await put(store, { subject: null });
  const id = subject === undefined ? session.id : newSessionId(subject, draw('id'));
  const next = newToken(id, 'standard', draw('token'));
  const move = subject === undefined ? {} : { move: { id, subject, cap: null } };
  const { credential } = next;
  const outcome = await store.rotate(APP, ref, { credential, graceUntil: T0 + grace, ...move }, T0);
  assert.equal(outcome?.kind, 'rotated');
  const kept = [fingerprint(REPEATABLE.request), SEED, subject === undefined ? id : '', isDone ? [] : null];
  const name = fingerprint(JSON.stringify([REPEATABLE.caller, REPEATABLE.key]));
  await store.memo(APP, name, { text: JSON.stringify(kept), instead: null, until: T0 + HOUR }, T0);
  return { token, next: next.token };
}

for (const isDone of [true, false]) {
  test(`R0: a rotation of the version before, sent again with its key, gives the token that it gave (kind: an upgrade between a call and its retry; noted as done: ${isDone})`, async () => {
    for (const [request, grace] of [
      [{}, 0],
      [{}, HOUR],
      [{ subject: checkSubject('u') }, 0],
    ] as const) {
      const store = new MemoryStore();
      const sessions = new Sessions(store, () => DEFAULT_POLICY);
      const { token, next } = await rotatedBefore(store, request, isDone, grace);
      for (let i = 0; i < 2; i++) {
        const again = await sessions.rotate(APP as AppName, token, request, T0 + 1, REPEATABLE);
        assert.deepEqual([again?.token, again?.repeated], [next, true]);
      }
      assert.equal(
        (await sessions.get(APP as AppName, next, 'look', T0 + 1))?.session.subject,
        request.subject ?? null,
      );
      await sessions.revokeByToken(APP as AppName, next, T0 + 1);
      assert.equal(await sessions.rotate(APP as AppName, token, request, T0 + 1, REPEATABLE), null, 'it has ended');
    }
  });
}
