/** Which sessions a bulk end takes: what the form says, and whether a session is among them. */

/** The members of a session of v1 that filters look at. Absence: null. */
export interface BulkSession {
  readonly id: string;
  readonly subject: string | null;
  readonly ip: string | null;
  readonly userAgent: string | null;
  readonly label: string | null;
  readonly createdAt: string;
  readonly lastSeenAt: string;
}

/** All that is given must hold. '' and an empty list: not asked for. */
export interface BulkFilters {
  /** Any of these. */
  readonly subjects: readonly string[];
  /** The whole address, or a beginning of one that ends with `.`, `:` or `*`. */
  readonly ip: string;
  /** A part of it, in any case of letters. */
  readonly userAgent: string;
  readonly label: string;
  /** RFC 3339. */
  readonly lastSeenBefore: string;
  readonly createdBefore: string;
}

export const NO_FILTERS: BulkFilters = {
  subjects: [],
  ip: '',
  userAgent: '',
  label: '',
  lastSeenBefore: '',
  createdBefore: '',
};

/** As many subjects as one run takes: each is asked for by itself. */
export const MOST_SUBJECTS = 10_000;

/** Reads a pasted list: one subject a line, or as a column of a table; quotes around one are taken off, each counts once. */
export function subjectsIn(pasted: string): string[] {
  const lines = pasted.split(/[\r\n]+/).map((line) => line.trim().replace(/[,;]$/, '').trim());
  return [...new Set(lines.map((line) => line.replace(/^"(.*)"$/s, '$1').trim()).filter((line) => line !== ''))];
}

/** Whether nothing is asked for: then all sessions of the app are meant. */
export function isEverybody(filters: BulkFilters): boolean {
  return filters.subjects.length === 0 && isOnlySubjects(filters);
}

/** Whether nothing but subjects is asked for: then the server ends all that each has, and can miss none. */
export function isOnlySubjects({ ip, userAgent, label, lastSeenBefore, createdBefore }: BulkFilters): boolean {
  return [ip, userAgent, label, lastSeenBefore, createdBefore].every((text) => text === '');
}

/** Gives the check of one session. It looks at everything but subjects: these are asked for one by one. */
export function matcherOf(filters: BulkFilters): (session: BulkSession) => boolean {
  const checks: ((session: BulkSession) => boolean)[] = [];
  const { ip, lastSeenBefore, createdBefore } = filters;
  if (ip !== '') checks.push(ipCheck(ip));
  for (const name of ['userAgent', 'label'] as const) {
    const part = filters[name].toLowerCase();
    if (part !== '') checks.push((session) => session[name]?.toLowerCase().includes(part) ?? false);
  }
  if (lastSeenBefore !== '') checks.push(beforeCheck('lastSeenAt', lastSeenBefore));
  if (createdBefore !== '') checks.push(beforeCheck('createdAt', createdBefore));
  return (session) => checks.every((check) => check(session));
}

function ipCheck(asked: string): (session: BulkSession) => boolean {
  const wanted = asked.toLowerCase();
  if (!/[.:*]$/.test(wanted)) return ({ ip }) => ip?.toLowerCase() === wanted;
  const beginning = wanted.replace(/\*$/, '');
  return ({ ip }) => ip?.toLowerCase().startsWith(beginning) ?? false;
}

function beforeCheck(member: 'createdAt' | 'lastSeenAt', asked: string): (session: BulkSession) => boolean {
  const limit = Date.parse(asked);
  return (session) => Date.parse(session[member]) < limit;
}
