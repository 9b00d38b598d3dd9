/**
 * The time by the server's clock, as one signal that all relative times share: a reader's clock may be wrong by minutes, and
 * deadlines are the server's. It stands still while nobody looks.
 */
import { signal } from '@preact/signals';

const STEP = 5_000;
let ahead = 0;

/** Epoch milliseconds. */
export const now = signal(Date.now());

setInterval(() => {
  if (!document.hidden) tick();
}, STEP);
document.addEventListener('visibilitychange', tick);

/** Takes the `Date` of an answer. It has whole seconds, so less than two is no difference. */
export function learnDate(text: string | null): void {
  const server = text === null ? Number.NaN : Date.parse(text);
  if (Number.isNaN(server)) return;
  const difference = server - Date.now();
  const next = Math.abs(difference) < 2_000 ? 0 : difference;
  if (Math.abs(next - ahead) < 1_500) return;
  ahead = next;
  tick();
}

/** Gives the time of this moment by the server's clock, for what counts seconds. Epoch milliseconds. */
export function serverTime(): number {
  return Date.now() + ahead;
}

function tick(): void {
  now.value = serverTime();
}
