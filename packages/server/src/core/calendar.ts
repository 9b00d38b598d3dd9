/** Dates and instants of RFC 3339, read strictly: Date.parse takes 31 February for 3 March. */

const FORM = /^(\d{4})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.\d{1,9})?)?(?:Z|[+-](\d\d):(\d\d)))?$/;

const EXACT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/;

/** Tells whether a text is written like a date or an instant, be it one of the calendar or not. */
export function looksLikeInstant(text: string): boolean {
  return FORM.test(text);
}

/** Gives the instant that a text names; a date is its first moment in UTC. Units: epoch milliseconds. Absence: null when there is no such day or time. */
export function instantOf(text: string): number | null {
  const match = FORM.exec(text);
  if (match === null) return null;
  const [year, month, day, ...time] = match.slice(1).map((part) => Number(part ?? 0));
  const limits = [23, 59, 59, 23, 59];
  if (month! < 1 || month! > 12 || day! < 1 || day! > daysIn(year!, month!)) return null;
  if (time.some((part, i) => part > limits[i]!)) return null;
  const instant = Date.parse(text);
  return Number.isNaN(instant) ? null : instant;
}

/** The same, of a text with time, seconds and zone: it means one instant wherever it is read. Absence: null for a date alone, too. */
export function exactInstantOf(text: string): number | null {
  return EXACT.test(text) ? instantOf(text) : null;
}

/** Tells whether a text is written like an instant with time, seconds and zone, be it one of the calendar or not. */
export function looksExact(text: string): boolean {
  return EXACT.test(text);
}

function daysIn(year: number, month: number): number {
  // Of the last years of centuries, every fourth: those that 16 divides.
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 16 === 0);
  return [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]!;
}
