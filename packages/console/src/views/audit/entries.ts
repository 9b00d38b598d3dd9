/**
 * The audit log as one reads it: an act has a line when it begins and one when it is over, and is shown once. What is asked for is
 * looked for page by page, the newest first, and no more is kept than what is shown.
 */

/** One line of the log. The server's own have no app; members that a line does not have are left out. */
export interface AuditEntry {
  readonly time: string;
  readonly act: string;
  readonly outcome: string;
  /** The same in both lines of an act. */
  readonly id?: string;
  /** The key, or the user of the console. Absence: null for a server without keys. */
  readonly key?: string | null;
  readonly address?: string | null;
  readonly app?: string;
  readonly session?: string;
  readonly subject?: string;
  readonly except?: string;
  readonly webhook?: string;
  readonly reason?: string;
  readonly code?: string;
  readonly ended?: number;
  /** Where it was done: in the console, or by a program. */
  readonly via?: string;
  readonly [member: string]: unknown;
}

export interface AuditPage {
  /** Whether the server writes a log. */
  readonly on: boolean;
  /** Whether it can be read here: lines on standard error are with whoever collects them. */
  readonly readable: boolean;
  readonly entries: readonly AuditEntry[];
  readonly next: string | null;
}

/** '' for what is not asked for. */
export interface AuditFilter {
  /** A part of the name, in any case of letters. */
  readonly who: string;
  readonly act: string;
  readonly app: string;
}

export interface Found {
  readonly on: boolean;
  readonly readable: boolean;
  readonly entries: readonly AuditEntry[];
  /** Where the next, older ones begin. Absence: null at the end of the log. */
  readonly next: string | null;
  /** How many lines were looked at. */
  readonly looked: number;
}

/** A page of the view is full with so many; a page of the server has more, so it may be fuller. */
const ENOUGH = 50;
/** Who asks for what is not there is not to read a log of years. */
const MOST_PAGES = 30;

/**
 * Looks for what passes a filter from a position on. `over`: ids of acts whose ends were found before; those that are found come to
 * them, so that what ends in one page of the view is not shown once more where it begins, in the next one. Errors: those of `page`.
 */
export async function find(
  filter: AuditFilter,
  before: string | null,
  page: (before: string | null) => Promise<AuditPage>,
  over = new Set<string>(),
): Promise<Found> {
  const entries: AuditEntry[] = [];
  let [next, looked, on, readable] = [before, 0, true, true];
  for (let pages = 0; pages < MOST_PAGES; pages++) {
    const answer = await page(next);
    on = answer.on;
    readable = answer.readable;
    looked += answer.entries.length;
    for (const entry of answer.entries) {
      if (entry.id !== undefined && entry.outcome !== 'begun') over.add(entry.id);
      if (entry.outcome === 'begun' && entry.id !== undefined && over.has(entry.id)) continue;
      if (passes(entry, filter)) entries.push(entry);
    }
    next = answer.next;
    if (next === null || entries.length >= ENOUGH) break;
  }
  return { on, readable, entries, next, looked };
}

function passes({ key, act, app }: AuditEntry, filter: AuditFilter): boolean {
  if (filter.act !== '' && act !== filter.act) return false;
  if (filter.app !== '' && app !== filter.app) return false;
  return filter.who === '' || (key ?? '').toLowerCase().includes(filter.who.toLowerCase());
}

const TOLD = new Set([
  ...['time', 'act', 'outcome', 'id', 'pid', 'key', 'address', 'requestId', 'app', 'session', 'subject', 'except'],
  ...['webhook', 'reason', 'code', 'ended', 'via'],
]);

/** What a line says beside what has a place of its own, as `name value`: files and digests of a start, changes of a policy. */
export function restOf(entry: AuditEntry): string[] {
  return Object.entries(entry)
    .filter(([name, value]) => !TOLD.has(name) && value !== null && value !== undefined)
    .map(([name, value]) => `${name} ${Array.isArray(value) ? value.join(', ') : shownText(value)}`);
}

function shownText(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
