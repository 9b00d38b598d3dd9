/** Instants in words: exact, as everything reads them, or as far from now as people ask. */

const UNITS = [
  ['s', 1000],
  ['min', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
] as const;

/** `2026-01-31T08:00:00Z`. Units: milliseconds since 1970. */
export function exact(instant: number): string {
  return new Date(instant).toISOString().replace(/\.\d{3}Z$/, 'Z');
}

/** `3 min ago`, `in 2 h`, `now`; the date where it is more than 99 days away. Units: milliseconds since 1970. */
export function relative(instant: number, now: number): string {
  const span = Math.abs(instant - now);
  if (span < 1000) return 'now';
  const [unit, length] = UNITS.findLast(([, length]) => span >= length)!;
  const count = Math.floor(span / length);
  if (unit === 'd' && count > 99) return exact(instant).slice(0, 10);
  return instant > now ? `in ${count} ${unit}` : `${count} ${unit} ago`;
}
