/**
 * Instants as v1 writes them (RFC 3339, in UTC, with milliseconds): the text that Date's toISOString gives, put together from
 * parts that were made before. A session has five of them, and Date's own way was a twelfth of the CPU of a read.
 */

/** Units: milliseconds. */
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const DAY = 1440 * MINUTE;
/** From here on a year has more than four digits. */
const YEAR_10000 = Date.UTC(10_000, 0);

/** Days whose text is kept: those of sessions that last a year. */
const KEPT_DAYS = 400;
const days = new Map<number, string>();

const two = (number: number): string => String(number).padStart(2, '0');
const MINUTES = Array.from({ length: 1440 }, (_, i) => `T${two(Math.floor(i / 60))}:${two(i % 60)}:`);
const SECONDS = Array.from({ length: 60 }, (_, i) => `${two(i)}.`);
const MILLISECONDS = Array.from({ length: 1000 }, (_, i) => `${String(i).padStart(3, '0')}Z`);

/** Errors: RangeError for what is no instant. */
export function instantText(at: number): string {
  if (!Number.isInteger(at) || at < 0 || at >= YEAR_10000) return new Date(at).toISOString();
  const day = Math.floor(at / DAY);
  const inDay = at - day * DAY;
  const minute = Math.floor(inDay / MINUTE);
  const inMinute = inDay - minute * MINUTE;
  const second = Math.floor(inMinute / SECOND);
  return (days.get(day) ?? keep(day)) + MINUTES[minute] + SECONDS[second] + MILLISECONDS[inMinute - second * SECOND];
}

function keep(day: number): string {
  if (days.size === KEPT_DAYS) days.clear();
  const text = new Date(day * DAY).toISOString().slice(0, 10);
  days.set(day, text);
  return text;
}
