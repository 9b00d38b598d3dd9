/**
 * The interchange format (decision 47), version 1: text in UTF-8, one JSON value a line. First a header, then one session a line, last a line
 * that says how many there were and what the SHA-256 of all before it is, so that a file that was cut off is known as one.
 * With the hashes of tokens, never a token. What a line may have is said once, here: it is checked by it, and published from it.
 */
import { z } from 'zod';
import type { Session } from '../core/session.ts';
import type { StoredSession } from '../core/stored-session.ts';

/** The version of the format that this one writes, and the latest that it reads. */
export const FORMAT_VERSION = 1;
export const FORMAT_NAME = 'rest-sessions-export';
/** The longest line that is read. Data has up to 4 MiB, of which each character may take six as JSON. Units: bytes. */
export const LONGEST_LINE = 32 * 1024 * 1024;

const text = (description: string) => z.string().describe(description);
const instant = (description: string) => z.int().min(0).describe(`${description} Units: epoch milliseconds.`);
const count = (description: string) => z.int().min(0).describe(description);
const hash = (of: string) =>
  text(
    `${of}: "1." and the SHA-256, in base64url without padding, of ID "." SECRET. For a token that this server made (rs, id, secret) these are its parts; for any other (alias) ID is empty and SECRET is the whole token.`,
  );
const alias = z
  .boolean()
  .describe('Whether the token is of another form than this server makes, so that only its hash leads to the session.');

export const header = z
  .strictObject({
    format: z.literal(FORMAT_NAME),
    version: z.literal(FORMAT_VERSION),
    exportedAt: z.string().describe('When the export began: ISO 8601, in UTC.'),
    server: text('The version of rest-sessions that wrote it, or what else did.'),
    app: z.string().nullable().describe('The one app that was exported. Null: all of the store.'),
  })
  .describe('The first line.');

export const line = z
  .strictObject({
    id: text(
      'The public id: 16 characters, of which the first two are the first byte of the SHA-256 of the subject in hexadecimal; any two for a guest.',
    ),
    app: text('The app that the session belongs to.'),
    subject: z.string().nullable().describe('Whose session it is. Null before login.'),
    createdAt: instant('When it was created.'),
    authenticatedAt: instant('')
      .nullable()
      .describe('When it last got its subject. Null where there is no subject. Units: epoch milliseconds.'),
    lastSeenAt: instant('When it was last used; the idle timeout counts from it.'),
    idleTimeout: z
      .int()
      .min(1)
      .nullable()
      .describe('How long it lives without being used. Null: no idle timeout. Units: milliseconds.'),
    absoluteExpiresAt: instant('')
      .nullable()
      .describe('When it ends, however much it is used. Null: no such end. Units: epoch milliseconds.'),
    version: count('How often its data was written; 1 at creation.'),
    reads: count('How often it was read; 1 at creation.'),
    ip: z.string().nullable(),
    userAgent: z.string().nullable(),
    label: z.string().nullable(),
    data: text(
      'The data: a JSON object as compact text, exactly as the application sent its values. A text in a text, because most programs change numbers when they read JSON and write it again.',
    ),
    token: z.strictObject({
      hash: hash('Of the token that opens the session'),
      alias,
    }),
    replaced: z
      .array(
        z.strictObject({
          hash: hash('Of a token that a rotation replaced'),
          alias,
          until: instant('It opens the session until then.'),
          seed: z
            .string()
            .nullable()
            .describe(
              'What its successor is drawn from, together with the token itself. Null: the caller chose the successor.',
            ),
        }),
      )
      .describe('The tokens that rotations replaced, the oldest first.'),
  })
  .describe('A session.');

export const ending = z
  .strictObject({
    sessions: count('How many sessions there are before this line.'),
    sha256: text('The SHA-256 of all bytes before this line, in hexadecimal.').regex(/^[0-9a-f]{64}$/),
  })
  .describe('The last line.');

export type Header = z.infer<typeof header>;
export type Ending = z.infer<typeof ending>;

/** Writes any line, with its end. */
export function writeLine(value: Header | Ending): string {
  return `${JSON.stringify(value)}\n`;
}

/** Writes the line of a session. The order of its members is always this one, so the same session is the same bytes. */
export function writeSession({ session: s, credential }: StoredSession): string {
  const members: z.infer<typeof line> = {
    id: s.id,
    app: s.app,
    subject: s.subject,
    createdAt: s.createdAt,
    authenticatedAt: s.authenticatedAt,
    lastSeenAt: s.lastSeenAt,
    idleTimeout: s.idleTimeout,
    absoluteExpiresAt: s.absoluteExpiresAt,
    version: s.version,
    reads: s.reads,
    ip: s.ip,
    userAgent: s.userAgent,
    label: s.label,
    data: s.data,
    token: { hash: credential.hash, alias: credential.alias },
    replaced: credential.previous.map(({ hash, alias, until, seed }) => ({ hash, alias, until, seed })),
  };
  return `${JSON.stringify(members)}\n`;
}

/** Reads the line of a session. Absence: null when it is none. */
export function readSession(text: string): StoredSession | null {
  const read = parse(line, text);
  if (read === null) return null;
  const { token, replaced, ...session } = read;
  return { session: session satisfies Session, credential: { ...token, previous: replaced } };
}

/** Reads a line that should have this form. Absence: null when it has not. */
export function parse<T extends z.ZodType>(form: T, text: string): z.infer<T> | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  const { success, data } = form.safeParse(value);
  return success ? data : null;
}

/** Writes the JSON Schema (draft 2020-12) of a line: schema/export.json. */
export function exportJsonSchema(): string {
  const title =
    'A line of a file that rest-sessions export wrote: the first is a header, the last an ending, all others are sessions.';
  return `${JSON.stringify(z.toJSONSchema(z.union([header, line, ending]).describe(title)), null, 2)}\n`;
}
