/** What the shapes and the operations both say of a value: in words, and as JSON Schema made from the rules that check it. */
import { OWN_TOKEN, SESSION_ID } from '../../core/token.ts';
import { CALLER_TOKEN, CALLER_TOKEN_LENGTH, LONGEST, PATH_SUBJECT, TEXT } from '../../core/validate.ts';

/** The rules of a token that a caller chooses, in words. */
export const CHOSEN_TOKEN =
  'A token that the caller chose: 22 (or what `minCallerTokenLength` of the app says) to 256 random characters of A-Z a-z 0-9 . _ ~ : , and -, at least 8 of them different, and not of the form that the server’s own tokens have (`rs`, two hexadecimal digits, then 36 or 60 letters and digits), else 400.';

/** A token that a caller chooses. The least length is that of the laxest policy; of how many characters it is no pattern tells. */
export const CHOSEN_TOKEN_TEXT = {
  minLength: CALLER_TOKEN_LENGTH.min,
  maxLength: CALLER_TOKEN_LENGTH.max,
  pattern: CALLER_TOKEN.source,
} as const;

/** One for a session that gets a new token: none of the server's own form. */
export const NEW_TOKEN_TEXT = {
  ...CHOSEN_TOKEN_TEXT,
  pattern: `^(?!${OWN_TOKEN.source.slice(1)})${CALLER_TOKEN.source.slice(1)}`,
} as const;

/** The public id of a session. */
export const ID_TEXT = { pattern: SESSION_ID.source } as const;

/** The text of a subject in a request. */
export const SUBJECT_TEXT = { minLength: 1, maxLength: LONGEST.subject, pattern: PATH_SUBJECT.source } as const;

/** The text of another member of a session in a request. */
export function textOf(name: Exclude<keyof typeof LONGEST, 'subject'>) {
  return { minLength: 1, maxLength: LONGEST[name], pattern: TEXT.source };
}
