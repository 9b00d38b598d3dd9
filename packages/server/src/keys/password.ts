/**
 * Passwords of the console's users: hashed with scrypt, because people choose them and they can be guessed. (Keys are random, and have
 * a plain hash: format.ts.)
 *
 *   scrypt:15.8.1.SALT.HASH     log2 of N, r, p, salt (16 bytes) and hash (32 bytes) in base64url
 *
 * A check takes 60 ms of a core and 32 MiB. So checks go one after the other, on a thread of their own, and only so many wait:
 * who guesses holds up others who log in, and no request else.
 */
import { randomBytes, type ScryptOptions, scrypt, scryptSync, timingSafeEqual } from 'node:crypto';

const LOG_N = 15;
const R = 8;
const P = 1;
const SALT_LENGTH = 16;
const HASH_LENGTH = 32;
const FORM = /^(1[4-7])\.(8)\.([1-4])\.([A-Za-z0-9_-]{22})\.([A-Za-z0-9_-]{43})$/;
/** Checks that wait. */
const MOST_WAITING = 32;

/** Of a password, in characters. Guesses are limited, so this need not be longer. */
export const PASSWORD_LENGTH = { min: 12, max: 256 } as const;

export interface PasswordHash {
  /** As it is written, after `scrypt:`. */
  readonly text: string;
  readonly settings: ScryptOptions;
  readonly salt: Buffer;
  readonly hash: Buffer;
}

/** Derives a key, away from the event loop. */
export type Derive = (password: string, salt: Buffer, settings: ScryptOptions) => Promise<Buffer>;

/** Hashes a password with a new salt, for an entry of RS_CONSOLE_USERS. */
export function hashPassword(password: string): string {
  const salt = randomBytes(SALT_LENGTH);
  const hash = scryptSync(normal(password), salt, HASH_LENGTH, settingsOf(LOG_N, R, P));
  return `scrypt:${LOG_N}.${R}.${P}.${salt.toString('base64url')}.${hash.toString('base64url')}`;
}

/** Reads what stands after `scrypt:`. Absence: null when it is no hash that this server takes. */
export function readPasswordHash(text: string): PasswordHash | null {
  const [, logN, r, p, salt, hash] = FORM.exec(text) ?? [];
  if (salt === undefined || hash === undefined) return null;
  const settings = settingsOf(Number(logN), Number(r), Number(p));
  return { text, settings, salt: Buffer.from(salt, 'base64url'), hash: Buffer.from(hash, 'base64url') };
}

/** Gives a hash that no password has, with the settings of another one. */
export function nobodysHash(like?: PasswordHash): PasswordHash {
  const settings = like?.settings ?? settingsOf(LOG_N, R, P);
  return { text: '', settings, salt: randomBytes(SALT_LENGTH), hash: randomBytes(HASH_LENGTH) };
}

/** As many are checked already as may wait. */
export class TooManyChecks extends Error {
  override readonly name = 'TooManyChecks';
}

export class PasswordCheck {
  private readonly derive: Derive;
  private last: Promise<unknown> = Promise.resolve();
  private waiting = 0;

  constructor(derive: Derive = deriveByScrypt) {
    this.derive = derive;
  }

  /** Tells whether it is the password of a hash. Each check costs the same, whatever comes out. Errors: TooManyChecks. */
  async matches(password: string, { settings, salt, hash }: PasswordHash): Promise<boolean> {
    if (this.waiting >= MOST_WAITING) throw new TooManyChecks('too many passwords are being checked');
    this.waiting++;
    const derived = this.last.then(() => this.derive(normal(password), salt, settings));
    this.last = derived.catch(() => {});
    try {
      return timingSafeEqual(await derived, hash);
    } finally {
      this.waiting--;
    }
  }
}

/** Keyboards write the same letters in more than one way. */
function normal(password: string): string {
  return password.normalize('NFKC');
}

function settingsOf(logN: number, r: number, p: number): ScryptOptions {
  const N = 2 ** logN;
  return { N, r, p, maxmem: 256 * N * r };
}

const deriveByScrypt: Derive = (password, salt, settings) =>
  new Promise((resolve, reject) => {
    scrypt(password, salt, HASH_LENGTH, settings, (error, key) => (error === null ? resolve(key) : reject(error)));
  });
