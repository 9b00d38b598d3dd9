/** Spans and instants as people type them. */
import { instantOf } from '../../core/calendar.ts';
import { UsageError, type Words } from '../arguments.ts';

const UNITS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Reads `90d`, `12h`, `30m` or `45s`. Units: milliseconds. Absence: undefined when the option is not given. Errors: UsageError. */
export function spanIn(given: Words, name: string): number | undefined {
  const text = given.text(name);
  if (text === undefined) return undefined;
  const span = spanOf(text);
  if (span === null) throw new UsageError(`--${name} must be a span, as 30m, 12h or 90d`);
  return span;
}

/** Reads an instant of RFC 3339, a date, or a span before now. Units: milliseconds since 1970. Absence and errors: as of spanIn. */
export function instantIn(given: Words, name: string, now: number): number | undefined {
  const text = given.text(name);
  if (text === undefined) return undefined;
  const span = spanOf(text);
  if (span !== null) return now - span;
  const instant = instantOf(text);
  if (instant === null)
    throw new UsageError(`--${name} must be an instant, as 2026-01-31T08:00:00Z, or a span before now, as 2h`);
  return instant;
}

/** Reads a whole number from 1 on. Absence and errors: as of spanIn. */
export function countIn(given: Words, name: string): number | undefined {
  const text = given.text(name);
  if (text === undefined) return undefined;
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new UsageError(`--${name} must be a whole number from 1 on`);
  return Number(text);
}

function spanOf(text: string): number | null {
  const parts = /^(\d{1,6}(?:\.\d{1,3})?)([smhd])$/.exec(text);
  return parts === null ? null : Number(parts[1]) * UNITS[parts[2] as keyof typeof UNITS];
}
