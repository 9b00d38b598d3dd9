/**
 * The signed text of a session of Django (django.core.signing.dumps, compressed), since 3.1: `[.]BASE64:TIME:SIGNATURE`. What the key did not
 * sign is not read: whoever can write the table, and no more, must not become somebody else here.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { inflateSync } from 'node:zlib';

/** What Django signs sessions for: of the class of its session stores, and of those that inherit from it under the same name. */
const SALT = 'django.contrib.sessions.SessionStoresigner';
/** Far more than a session may have. Units: bytes. */
const LONGEST = 64 * 1024 * 1024;

export type Opened =
  | { readonly kind: 'opened'; readonly bytes: Buffer }
  /** `legacy`: of Django before 3.1, which newer versions do not read either. */
  | { readonly kind: 'wrong_signature' | 'unreadable' | 'legacy' };

export class Signer {
  private readonly keys: readonly Buffer[];

  /** `secrets`: SECRET_KEY, then SECRET_KEY_FALLBACKS. */
  constructor(secrets: readonly string[]) {
    this.keys = secrets.map((secret) => createHash('sha256').update(SALT).update(secret).digest());
  }

  open(text: string): Opened {
    const colon = text.lastIndexOf(':');
    if (colon === -1) return { kind: isLegacy(text) ? 'legacy' : 'unreadable' };
    const [signed, signature] = [text.slice(0, colon), Buffer.from(text.slice(colon + 1), 'base64url')];
    if (!this.keys.some((key) => isOf(key, signed, signature))) return { kind: 'wrong_signature' };
    const value = signed.slice(0, signed.lastIndexOf(':'));
    const isPacked = value.startsWith('.');
    const bytes = Buffer.from(isPacked ? value.slice(1) : value, 'base64url');
    try {
      return { kind: 'opened', bytes: isPacked ? inflateSync(bytes, { maxOutputLength: LONGEST }) : bytes };
    } catch {
      return { kind: 'unreadable' };
    }
  }
}

function isOf(key: Buffer, signed: string, signature: Buffer): boolean {
  const right = createHmac('sha256', key).update(signed).digest();
  return right.length === signature.length && timingSafeEqual(right, signature);
}

/** Base64 of `HASH:…`. */
function isLegacy(text: string): boolean {
  return /^[0-9a-f]{40,64}:/.test(Buffer.from(text.slice(0, 100), 'base64').toString('latin1'));
}
