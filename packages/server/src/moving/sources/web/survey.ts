/**
 * The first look at a source, before anything is changed: whether there are sessions of its kind at all, and whether the path to their
 * users leads anywhere. It reads as far as it must to know, in most cases one session.
 */
import { LEFT, type LeftReason } from '../../left.ts';
import { type Found, type Source, UsageFault, WrongSource } from '../../source.ts';

/** Who reads so many steps without a single session has the wrong place, or the wrong kind. */
const ENOUGH = 10_000;
/** How many names of values are told. */
const MOST_NAMES = 8;

/** What was left for these reasons was a session all the same. */
const SESSIONS: ReadonlySet<LeftReason> = new Set([
  'expired',
  'empty',
  'invalid_subject',
  'invalid_token',
  'unmovable',
  'data_too_large',
  'invalid_data',
]);

/** What a source notes of the sessions it reads, for the first look. */
export class Notes {
  /** Whether a session had a value where --subject leads. */
  hasPath = false;
  private readonly names = new Set<string>();

  /** Notes the names of values. */
  note(names: Iterable<string>): void {
    for (const name of names) if (this.names.size <= MOST_NAMES) this.names.add(name);
  }

  /** Gives them in words. */
  get words(): string {
    const names = [...this.names].slice(0, MOST_NAMES).map(shown).join(', ');
    if (names === '') return 'they keep nothing';
    return `they keep ${names}${this.names.size > MOST_NAMES ? ' and more' : ''}`;
  }
}

export interface Surveyed extends Source {
  readonly notes: Notes;
  /** Says what there is in the place of sessions. */
  nothingThere(): Promise<string>;
  /** What the steps of `read` are called, in words: keys, files. */
  readonly things: string;
}

/** Errors: WrongSource and UsageFault, one sentence. `subject`: the path as it was given; undefined for none. */
export async function survey(source: Surveyed, subject: string | undefined): Promise<void> {
  let steps = 0;
  let sessions = 0;
  let first: Extract<Found, { kind: 'left' }> | null = null;
  for await (const found of source.read(null)) {
    if (found.kind === 'passed') continue;
    steps++;
    if (found.kind === 'session' || SESSIONS.has(found.reason)) sessions++;
    else if (found.reason !== 'foreign' && (first === null || found.reason === 'other_form')) first = found;
    const isKnown = subject === undefined || source.notes.hasPath;
    if ((sessions > 0 && isKnown) || (sessions === 0 && steps >= ENOUGH)) break;
  }
  if (sessions === 0) {
    if (first === null) throw new WrongSource(await source.nothingThere());
    throw new WrongSource(
      `${source.name} has no session that can be read: ${steps} ${source.things}, and the first ones ${LEFT[first.reason]}`,
    );
  }
  if (subject !== undefined && !source.notes.hasPath)
    throw new UsageFault(`--subject ${subject} leads nowhere in any of ${sessions} sessions: ${source.notes.words}`);
}

/** A name may be of any length and of any signs, and in a bad case hold what it should not. */
function shown(name: string): string {
  return name.length <= 40 && /^[\w .:-]+$/.test(name) && !/[A-Za-z0-9]{20}/.test(name) ? name : 'one with an odd name';
}
