/**
 * Asks whether the login still holds when it should be over: after the idle time without a request, and at its last instant.
 * What is on the screen must not outlive the login of who left it there. Until then nothing is asked, because that would be
 * activity.
 */
import { effect } from '@preact/signals';
import { request } from '../api/request.ts';
import type { Me } from '../api/types.ts';
import { lastAnswer, me } from '../state/session.ts';

/** The server decides, and a moment too early it would say yes and begin anew. Units: milliseconds. */
const LATER = 2_000;
const LONGEST = 2_147_483_647;
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

function ask(): void {
  // A 401 has ended it; a server that is away says nothing, and its banner does.
  void request<Me>('/me').then(
    (answer) => {
      me.value = answer;
    },
    () => undefined,
  );
}
