/**
 * Asks whether the login still holds when it should be over, as the server has said last: asking is no activity there (GET /me). What is on
 * the screen must not outlive the login of who left it there. What the page does meanwhile may have lengthened the login or not, as a
 * refresh in the background does not: only the server knows, and its answer says when to ask again. Who uses the page is active, whether or not
 * the server is asked for something: live events only come. So use is told.
 */
import { effect } from '@preact/signals';
import { request } from '../api/request.ts';
import type { Me } from '../api/types.ts';
import { onUse } from '../state/activity.ts';
import { serverTime } from '../state/clock.ts';
import { me } from '../state/session.ts';

/** The clock of the server is known to some seconds: asked a moment too early, it would only say yes. Units: milliseconds. */
const LATER = 2_000;
/** When it did not answer. Units: milliseconds. */
const AGAIN = 15_000;
const LONGEST = 2_147_483_647;
/** Use is told at most so often. Units: milliseconds. */
const TOLD_EVERY = 60_000;
let timer: ReturnType<typeof setTimeout> | undefined;

effect(() => {
  const who = me.value;
  if (who) waitForEnd(who);
  else clearTimeout(timer);
});

let toldAt = Date.now();

onUse(() => {
  if (!me.peek() || Date.now() - toldAt < TOLD_EVERY) return;
  toldAt = Date.now();
  void request<Me>('/me', { method: 'POST', body: {} }).catch(() => undefined);
});

function waitForEnd({ expiresAt }: Me): void {
  askIn(Math.max(Date.parse(expiresAt) - serverTime(), 0) + LATER);
}

function askIn(wait: number): void {
  clearTimeout(timer);
  timer = setTimeout(ask, Math.min(wait, LONGEST));
}

function ask(): void {
  const who = me.peek();
  void request<Me>('/me').then(
    (answer) => {
      // Somebody else may have come meanwhile.
      if (!who || me.peek() !== who) return;
      // What is loaded for who is logged in is not to load again because it is later.
      if (isSame(answer, who)) waitForEnd(answer);
      else me.value = answer;
    },
    () => {
      // A 401 has ended it; a server that is away says nothing, and its banner does.
      if (who && me.peek() === who) askIn(AGAIN);
    },
  );
}

/** Tells whether all is as it was but when the login ends. */
function isSame(one: Me, other: Me): boolean {
  return JSON.stringify({ ...one, expiresAt: '' }) === JSON.stringify({ ...other, expiresAt: '' });
}
