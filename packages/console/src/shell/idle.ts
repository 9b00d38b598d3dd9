/**
 * Asks whether the login still holds when it should be over: after the idle time without a request, and at its last instant.
 * What is on the screen must not outlive the login of who left it there. Until then the page asks nothing by itself, because that
 * would be activity. Who uses it is active, whether or not the server is asked for something: live events only come. So use is told.
 */
import { effect } from '@preact/signals';
import { request } from '../api/request.ts';
import type { Me } from '../api/types.ts';
import { onUse } from '../state/activity.ts';
import { lastAnswer, me } from '../state/session.ts';

/** The server decides, and a moment too early it would say yes and begin anew. Units: milliseconds. */
const LATER = 2_000;
const LONGEST = 2_147_483_647;
/** Use is told at most so often. Units: milliseconds. */
const TOLD_EVERY = 60_000;
let timer: ReturnType<typeof setTimeout> | undefined;

effect(() => {
  const who = me.value;
  const since = lastAnswer.value;
  clearTimeout(timer);
  if (!who) return;
  const idle = since + who.idleTimeout * 1000;
  const end = Math.min(idle, Date.parse(who.absoluteExpiresAt)) + LATER;
  timer = setTimeout(ask, Math.min(Math.max(end - Date.now(), LATER), LONGEST));
});

let toldAt = Date.now();

onUse(() => {
  if (!me.peek() || Date.now() - toldAt < TOLD_EVERY) return;
  toldAt = Date.now();
  void request<Me>('/me', { method: 'POST', body: {} }).catch(() => undefined);
});

function ask(): void {
  const who = me.peek();
  // A 401 has ended it; a server that is away says nothing, and its banner does.
  void request<Me>('/me').then(
    (answer) => {
      // Somebody else may have come meanwhile.
      if (me.peek() === who) me.value = answer;
    },
    () => undefined,
  );
}
