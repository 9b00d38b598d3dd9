/** What the shapes and the operations both say of a value. */
import { LONGEST } from '../../core/validate.ts';

/** The rules of a token that a caller chooses, in words. */
export const CHOSEN_TOKEN =
  'A token that the caller chose: 22 (or what `minCallerTokenLength` of the app says) to 256 random characters of A-Z a-z 0-9 . _ ~ : , and -, at least 8 of them different, and not of the form that the server’s own tokens have (`rs`, two hexadecimal digits, then 36 or 60 letters and digits), else 400.';

/** The text of a subject in a request, as JSON Schema. */
export const SUBJECT_TEXT = {
  minLength: 1,
  maxLength: LONGEST.subject,
  pattern: '^(?!\\.{1,2}$)[^\\n\\r\\u2028\\u2029]+$',
} as const;
