/**
 * The text that PHP keeps of a session, in the two forms that can be read: `php` (`name|value` after `name|value`), which is the default of
 * `session.serialize_handler`, and `php_serialize` (one array). Without a word on it the text itself tells which one it is.
 */
import { NotSerialized, Unserializer } from './unserialize.ts';
import { isArray, nameOf, type PhpEntries, type PhpOpaque } from './values.ts';

export const FORMATS = ['php', 'php_serialize'] as const;
export type SessionFormat = (typeof FORMATS)[number];

export interface SessionValues {
  /** What `$_SESSION` was. */
  readonly entries: PhpEntries;
  readonly opaque: readonly PhpOpaque[];
  /** Whether a value refers to another. */
  readonly hasLinks: boolean;
}

/** Writers of PHP whose texts are known, and not read. */
export type OtherForm = 'php_binary' | 'igbinary';

/** The text is in another form than asked for, or in none. Its message has nothing of the text. */
export class UnknownForm extends Error {
  override readonly name = 'UnknownForm';
  /** Absence: null when it is none that is known, or broken. */
  readonly form: OtherForm | null;

  constructor(form: OtherForm | null, message: string) {
    super(message);
    this.form = form;
  }
}

const DELIMITER = 0x7c;
const SERIALIZED_ARRAY = /^a:\d+:\{/;
const SERIALIZED = /^(?:N;|[bidsaOCERr]:)/;

/** Reads the text of a session. `format`: null for what the text itself says. Errors: UnknownForm. */
export function readSession(bytes: Buffer, format: SessionFormat | null): SessionValues {
  const looksSerialized = SERIALIZED_ARRAY.test(bytes.toString('latin1', 0, 24));
  const tries =
    format === null ? (looksSerialized ? (['php_serialize', 'php'] as const) : (['php'] as const)) : [format];
  let fault: NotSerialized | undefined;
  for (const each of tries) {
    try {
      return each === 'php' ? readPairs(bytes) : readArray(bytes);
    } catch (error) {
      if (!(error instanceof NotSerialized)) throw error;
      fault ??= error;
    }
  }
  throw new UnknownForm(otherFormOf(bytes), fault!.message);
}

function readArray(bytes: Buffer): SessionValues {
  const reader = new Unserializer(bytes);
  const { value } = reader.value();
  if (!isArray(value)) throw new NotSerialized('no array');
  if (reader.at < bytes.length) throw new NotSerialized(`more text after its end, at byte ${reader.at}`);
  return { entries: value.entries, opaque: reader.opaque, hasLinks: reader.hasLinks };
}

function readPairs(bytes: Buffer): SessionValues {
  const reader = new Unserializer(bytes);
  const entries: PhpEntries = new Map();
  while (reader.at < bytes.length) {
    const end = bytes.indexOf(DELIMITER, reader.at);
    if (end === -1) throw new NotSerialized(`no name and |, at byte ${reader.at}`);
    const key = { bytes: bytes.subarray(reader.at, end) };
    reader.at = end + 1;
    entries.set(nameOf(key), { key, variable: reader.value() });
  }
  return { entries, opaque: reader.opaque, hasLinks: reader.hasLinks };
}

function otherFormOf(bytes: Buffer): OtherForm | null {
  if (bytes.length >= 4 && [1, 2].includes(bytes.readUInt32BE())) return 'igbinary';
  // A byte with the length of the name, the name, the value.
  const length = bytes[0] ?? 0;
  const isPrefixed = length > 0 && length < 0x80 && SERIALIZED.test(bytes.toString('latin1', 1 + length, 3 + length));
  return isPrefixed ? 'php_binary' : null;
}
