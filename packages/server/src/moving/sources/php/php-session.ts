/** A session as PHP keeps it, taken over as the one that our adapter of PHP would have stored (adapters/php). */
import type { LeftReason } from '../../left.ts';
import { type Carried, carry, nameOf, type Times } from '../carried.ts';
import { phpToken } from '../web/adapter-tokens.ts';
import { NOBODY, type Steps, type Whose, whoseIs } from '../web/subject-path.ts';
import type { Notes } from '../web/survey.ts';
import { hasJson, jsonOf } from './json.ts';
import { readSession, type SessionFormat, type SessionValues, UnknownForm } from './session-text.ts';
import { sharedData, symfonyBag, Unmovable } from './shared-data.ts';
import { isArray, memberOf, type PhpEntries, type PhpValue } from './values.ts';

export interface PhpOptions {
  readonly app: string;
  /** Absence: null for sessions of nobody. */
  readonly subject: Steps | null;
  /** Absence: null for what each text itself says. */
  readonly format: SessionFormat | null;
  readonly notes: Notes;
}

/** Ids as PHP makes and takes them. */
export const PHP_ID = /^[A-Za-z0-9,-]{1,256}$/;

/** Takes a session over. `times`: as where it is kept says. */
export function phpSession(
  id: string,
  text: Buffer,
  times: Times,
  { app, subject, format, notes }: PhpOptions,
): Carried {
  const token = phpToken(id);
  const left = (reason: LeftReason, more = ''): Carried => ({
    kind: 'left',
    reason,
    example: `${more}${nameOf(token)}`,
  });
  // What PHP creates as it begins a session, and a session in which nothing is.
  if (text.length === 0) return left('empty');
  const session = valuesOf(text, format);
  if (typeof session === 'string') return left(session);
  notes.note(namesIn(symfonyBag(session.entries) ?? session.entries));
  const whose = subject === null ? NOBODY : whoseIn(session.entries, subject);
  if (whose?.isThere !== false) notes.hasPath = true;
  if (whose === null) return left('invalid_subject');
  try {
    const data = sharedData(session);
    if (data === null) return left('empty');
    return carry({ app, token, subject: whose.subject, data, times });
  } catch (error) {
    if (error instanceof Unmovable) return left('unmovable', `the class ${error.message} in `);
    throw error;
  }
}

function valuesOf(text: Buffer, format: SessionFormat | null): SessionValues | 'other_form' | 'unreadable' {
  try {
    return readSession(text, format);
  } catch (error) {
    if (error instanceof UnknownForm) return error.form === null ? 'unreadable' : 'other_form';
    throw error;
  }
}

function namesIn(entries: PhpEntries): string[] {
  return [...entries.values()].map(({ key }) => ('int' in key ? key.int : key.bytes.toString('latin1')));
}

/** What an application of Symfony has in a session is in an array of its own: a path may begin in that. */
function whoseIn(entries: PhpEntries, steps: Steps): Whose | null {
  const whose = whoseAt(entries, steps);
  if (whose === null || whose.isThere) return whose;
  const bag = symfonyBag(entries);
  return bag === null ? whose : whoseAt(bag, steps);
}

/** A path leads through arrays, and through objects by the names of their properties. Absence: null for what can be nobody's name. */
function whoseAt(entries: PhpEntries, steps: Steps): Whose | null {
  let value: PhpValue | undefined = { kind: 'array', entries };
  for (const step of steps) value = value === undefined ? undefined : memberAt(value, step);
  if (value === undefined) return NOBODY;
  return hasJson(value) ? whoseIs(jsonOf(value)) : null;
}

function memberAt(value: PhpValue, step: string): PhpValue | undefined {
  if (isArray(value)) return memberOf(value, step)?.value;
  if (typeof value !== 'object' || value === null || value.kind !== 'object') return undefined;
  for (const { key, variable } of value.entries.values()) {
    // A property that is not public has its class before it: `\0Account\0id`.
    const name = 'int' in key ? key.int : key.bytes.toString();
    if (name.slice(name.lastIndexOf('\0') + 1) === step) return variable.value;
  }
  return undefined;
}
