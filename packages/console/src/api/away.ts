/** Whether the server is away. What is on the screen stays; the banner asks again, and what failed loads again by itself. */
import { effect, signal } from '@preact/signals';

export const isAway = signal(false);
/** One more each time the server is back: resources that failed load again. */
export const returns = signal(0);

const FIRST = 1_000;
const LONGEST = 15_000;
let timer: ReturnType<typeof setTimeout> | undefined;
let wasAway = false;

effect(() => {
  clearTimeout(timer);
  if (isAway.value) waitAndAsk(FIRST);
  // Whatever it was that the server has answered: not all that was asked in between has failed.
  else if (wasAway) returns.value = returns.peek() + 1;
  wasAway = isAway.value;
});

/** Asks now whether the server is there. */
export async function askAgain(next = FIRST): Promise<void> {
  clearTimeout(timer);
  // Who is logged in: that is kept in the store, which may be what is away.
  const isThere = await fetch('/console/me', { headers: { Accept: 'application/json' }, cache: 'no-store' }).then(
    (answer) => answer.status < 500,
    () => false,
  );
  if (!isThere) {
    waitAndAsk(Math.min(next * 2, LONGEST));
    return;
  }
  isAway.value = false;
}

function waitAndAsk(delay: number): void {
  timer = setTimeout(() => void askAgain(delay), delay);
}
