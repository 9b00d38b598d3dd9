/**
 * Where in its values a session says whose it is: `passport.user`, or a JSON pointer (`/user.name/id`) for names with a dot. What stands
 * there is text or a whole number; nothing, null, false or an empty text is nobody, which a guest is.
 */
import { membersOf } from '../../../core/compact-text.ts';
import type { Members } from '../../../core/json-text.ts';
import { type Given, UsageFault } from '../../source.ts';

export type Steps = readonly string[];

/** Who a session belongs to. */
export interface Whose {
  readonly subject: string | null;
  /** Whether the path leads to a value, whatever it is. */
  readonly isThere: boolean;
}

export const NOBODY: Whose = { subject: null, isThere: false };

/** Gives the path of --subject. Absence: null when it is not given. Errors: UsageFault. */
export function subjectPath({ text }: Given): Steps | null {
  const path = text('subject');
  if (path === undefined) return null;
  const steps = path.startsWith('/') ? path.slice(1).split('/').map(unescaped) : path.split('.');
  if (steps.some((step) => step === ''))
    throw new UsageFault(
      '--subject must be names with dots between them, as in passport.user, or a JSON pointer, as in /user/id',
    );
  return steps;
}

function unescaped(step: string): string {
  return step.replaceAll('~1', '/').replaceAll('~0', '~');
}

/** Gives the text of the value that a path leads to. Absence: undefined. `members`: as json-text.ts reads them. */
export function jsonAt(members: Members, [first, ...more]: Steps): string | undefined {
  let value = members.get(first!)?.value;
  for (const step of more) value = value?.[0] === '{' ? membersOf(value).get(step)?.value : undefined;
  return value;
}

/** Gives who a value names. `json`: its text. Absence: null for what can be nobody's name. */
export function whoseIs(json: string | undefined): Whose | null {
  if (json === undefined) return NOBODY;
  if (['null', 'false', '""', '[]', '{}'].includes(json)) return { subject: null, isThere: true };
  if (json[0] === '"') return { subject: JSON.parse(json) as string, isThere: true };
  return /^-?\d+$/.test(json) ? { subject: json, isThere: true } : null;
}
