/** Times as texts. Pure: the reader's language and zone, and the present, are arguments. */

const UNITS: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ['year', 31_557_600],
  ['month', 2_629_800],
  ['week', 604_800],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
];
const NARROW: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  en: { day: 'd', hour: 'h', minute: 'min', second: 's' },
  de: { day: 'T', hour: 'Std.', minute: 'Min.', second: 's' },
};

const relative = memo((language: string) => new Intl.RelativeTimeFormat(language, { numeric: 'auto', style: 'long' }));
const exact = memo(
  (language: string, zone: string) =>
    new Intl.DateTimeFormat(language, {
      dateStyle: 'medium',
      timeStyle: 'medium',
      ...(zone === 'utc' && { timeZone: 'UTC' }),
    }),
);

const clock = memo(
  (language: string, zone: string) =>
    new Intl.DateTimeFormat(language, { timeStyle: 'medium', ...(zone === 'utc' && { timeZone: 'UTC' }) }),
);

/** Gives `3 minutes ago`, `in 2 days`, `now`. `present`: epoch milliseconds. Absence: a dash for what is no instant. */
export function relativeTime(at: string, present: number, language: string): string {
  const seconds = (Date.parse(at) - present) / 1000;
  if (Number.isNaN(seconds)) return '–';
  const [unit, size] = UNITS.find(([, length]) => Math.abs(seconds) >= length) ?? ['second', 1];
  // Less than ten seconds is now: a clock that is not quite right must not say more.
  if (Math.abs(seconds) < 10) return relative(language).format(0, 'second');
  return relative(language).format(Math.trunc(seconds / size), unit);
}

/** Gives date and time to the second, and `UTC` where that is the zone. Absence: a dash for what is no instant. */
export function exactTime(at: string, language: string, zone: 'local' | 'utc'): string {
  const instant = Date.parse(at);
  if (Number.isNaN(instant)) return '–';
  return `${exact(language, zone).format(instant)}${zone === 'utc' ? ' UTC' : ''}`;
}

/** Gives the time of day to the second, for lists of what has just happened. Absence: a dash for what is no instant. */
export function clockTime(at: string, language: string, zone: 'local' | 'utc'): string {
  const instant = Date.parse(at);
  return Number.isNaN(instant) ? '–' : clock(language, zone).format(instant);
}

/** Below it seconds are told beside minutes: above, they would only flicker. */
const SECONDS_MATTER = 600;

/** Gives a length of time in its two largest units: `2 d 4 h`, `29 min`, `4 min 10 s`, `0 s`. `seconds` is not negative. */
export function duration(seconds: number, language: string): string {
  const words = NARROW[language] ?? NARROW.en!;
  const parts: string[] = [];
  let rest = seconds >= SECONDS_MATTER ? Math.floor(seconds / 60) * 60 : Math.round(seconds);
  for (const [unit, size] of UNITS.slice(3)) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) parts.push(`${count} ${words[unit]}`);
    // What follows the first one is the second, even when there is none of it.
    if (parts.length > 0 && (parts.length === 2 || count === 0)) break;
  }
  return parts.length === 0 ? `0 ${words.second}` : parts.join(' ');
}

function memo<T>(make: (language: string, zone: string) => T): (language: string, zone?: string) => T {
  const made = new Map<string, T>();
  return (language, zone = '') => {
    const key = `${language} ${zone}`;
    let value = made.get(key);
    if (value === undefined) {
      value = make(language, zone);
      made.set(key, value);
    }
    return value;
  };
}
