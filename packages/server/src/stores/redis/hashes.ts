/**
 * Hashes of tokens as scripts and records have them: 32 bytes where it is one of the form of now (`1.` and 43 characters of
 * base64url, core/token.ts), which saves 13 of 45 in each record and each argument; any other as its text.
 */

const RAW_LENGTH = 32;
const FORM = '1.';
const TEXT_LENGTH = FORM.length + 43;

export function packHash(hash: string): Buffer {
  if (hash.length === TEXT_LENGTH && hash.startsWith(FORM)) {
    const bytes = Buffer.from(hash.slice(FORM.length), 'base64url');
    if (unpackHash(bytes) === hash) return bytes;
  }
  return Buffer.from(hash, 'latin1');
}

export function unpackHash(bytes: Buffer): string {
  return bytes.length === RAW_LENGTH ? FORM + bytes.toString('base64url') : bytes.toString('latin1');
}
