/** The rules of headers, as patterns: what a request is checked by is what the document shows. */

/** Text with its quotes (RFC 9110, section 8.8.3). */
const OPAQUE = '"[!#-~\\x80-\\xff]*"';
const TAG = `(?:W/)?${OPAQUE}`;

/** Each entity tag of a list; the tags may themselves hold commas. */
export const ETAG = new RegExp(`(W/)?(${OPAQUE})`, 'g');
export const ETAG_LIST = new RegExp(`^[ \\t,]*${TAG}(?:[ \\t]*,[ \\t,]*${TAG})*[ \\t,]*$`);
const LONGEST_KEY = 255;
export const IDEMPOTENCY_KEY = new RegExp(`^[!-~]{1,${LONGEST_KEY}}$`);

/** What the document says of a header: `schema` is of its text. */
export interface HeaderRule {
  readonly description: string;
  readonly schema: Readonly<Record<string, unknown>>;
}

/** The schema of Idempotency-Key. */
export const KEY_TEXT = {
  type: 'string',
  minLength: 1,
  maxLength: LONGEST_KEY,
  pattern: IDEMPOTENCY_KEY.source,
} as const;

/** The schema of If-Match, and of If-None-Match where something is read. */
export const TAGS_TEXT = { type: 'string', pattern: `^\\*$|${ETAG_LIST.source}` } as const;
