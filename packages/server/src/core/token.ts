/**
 * Tokens and ids: made, taken apart and hashed here and nowhere else. A raw token lives only in this file, in the
 * request that presents it and in the answer that created it.
 *
 *   session id        pp iiiiiiiiiiiiii                       16: partition (2), random (14 = 83 bits)
 *   token             rs pp iiiiiiiiiiiiii ssssssssssssssssssssss    40: prefix, id, secret (22 = 131 bits)
 *   token, classic    the same with a secret of 46 (273 bits)        64
 *
 * So a token leads straight to its session's key. Stored is `1.` + SHA-256 of the secret bound to its id: the number
 * names the form, so that a later form can live beside it. A slow hash would buy nothing against 131 random bits.
 * Tokens of any other form (chosen by a caller, imported) are found by their hash: the alias.
 */
import { createHmac, hash, randomFillSync, timingSafeEqual } from 'node:crypto';
import type { Credential } from './session.ts';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
/** The largest multiple of 62 in a byte: bytes from here on are thrown away, so each character is equally likely. */
const UNBIASED = 248;
const PREFIX = 'rs';
export const PARTITIONS = 256;
/** Characters of a session id. */
export const ID_LENGTH = 16;
/** Tokens that this server made. The part in front leaves out those of redis-sessions (`isOfRedisSessions`). */
export const OWN_TOKEN = /^(?![^Z]{55}Z[0-9a-z]{8}$)rs[0-9a-f]{2}[A-Za-z0-9]{14}(?:[A-Za-z0-9]{22}|[A-Za-z0-9]{46})$/;
/** The same, where the length is known. */
const OWN_CHARACTERS = /^rs[0-9a-f]{2}[A-Za-z0-9]+$/;
export const SESSION_ID = /^[0-9a-f]{2}[A-Za-z0-9]{14}$/;

/** Of the tokens of redis-sessions: how long they are, where their time begins, and its form. */
const THEIR_LENGTH = 64;
/** What redis-sessions takes as a token, whoever made it. */
const THEIRS = /^[a-zA-Z0-9]{64}$/;
const THEIR_TIME = 56;
const THEIR_CLOCK = /[0-9a-z]{8}$/;

const SEED_LENGTH = 32;
/** Characters of the name of a lock: 190 bits. */
const LOCK_LENGTH = 32;
/** Characters of the secret part. */
export const SECRET_LENGTH = { standard: 22, classic: 46 } as const;

/** A presented token, taken apart. `id` is null when only the alias (the hash) leads to the session. */
export interface TokenRef {
  readonly id: string | null;
  readonly hash: string;
  /** Whoever shows it looks for its session and is not its visitor: that it was replaced is no sign of a theft then. */
  readonly isLookedFor?: true;
}

/**
 * What parseToken makes of a token that redis-sessions may have made: as any alias, and it can be asked for the token itself, by
 * which such a session is found where redis-sessions keeps it (adopting/). Nothing that prints or copies an object shows it.
 */
class ForeignRef implements TokenRef {
  readonly id = null;
  readonly hash: string;
  readonly #token: string;

  constructor(token: string) {
    this.hash = hashSecret('', token);
    this.#token = token;
  }

  static tokenOf(ref: TokenRef): string | null {
    return ref instanceof ForeignRef ? ref.#token : null;
  }
}

/** Gives the token of a reference, where redis-sessions may have made it. Absence: null. */
export function foreignTokenOf(ref: TokenRef): string | null {
  return ForeignRef.tokenOf(ref);
}

const pool = Buffer.allocUnsafe(4096);
let poolUsed = pool.length;

/** Draws characters [A-Za-z0-9] from the CSPRNG, each position uniform and independent. */
export function randomText(length: number): string {
  let text = '';
  while (text.length < length) {
    if (poolUsed === pool.length) {
      randomFillSync(pool);
      poolUsed = 0;
    }
    const byte = pool[poolUsed]!;
    // Used bytes are wiped: a memory dump must not tell tokens that were already handed out.
    pool[poolUsed++] = 0;
    if (byte < UNBIASED) text += ALPHABET[byte % 62];
  }
  return text;
}

/** Gives a short, stable, one-way name of any text: index keys and partitions. 22 characters of base64url. */
export function fingerprint(text: string): string {
  return hash('sha256', text, 'base64url').slice(0, 22);
}

/** Gives the partition of a subject: `00` to `ff`. */
export function partitionOf(subject: string): string {
  return hash('sha256', subject, 'hex').slice(0, 2);
}

/** Gives characters of A-Z, a-z and 0-9, each of them uniform. */
export type Draw = (length: number) => string;

/**
 * Gives a source of characters that are the same for the same seed and key. So a request that is repeated gets the same
 * token again, although nobody kept it. The seed without the key, or the key without the seed, is of no use.
 */
export function drawFrom(seed: string, key: string): Draw {
  let block = 0;
  let bytes = Buffer.alloc(0);
  let used = 0;
  return (length) => {
    let text = '';
    while (text.length < length) {
      if (used === bytes.length) {
        bytes = createHmac('sha512', seed).update(`${block++}.${key}`).digest();
        used = 0;
      }
      const byte = bytes[used++]!;
      if (byte < UNBIASED) text += ALPHABET[byte % 62];
    }
    return text;
  };
}

/** Makes a session id in the partition of its subject. */
export function newSessionId(subject: string | null, draw: Draw = randomText): string {
  // A guest has no subject to take a partition from. So its partition is drawn, too, and is the same when it is drawn again.
  const partition = subject === null ? partitionOf(draw(8)) : partitionOf(subject);
  return partition + draw(ID_LENGTH - 2);
}

/** Makes a token for a session id. The token is to be shown once; the credential is what is stored. */
export function newToken(
  id: string,
  kind: keyof typeof SECRET_LENGTH,
  draw: Draw = randomText,
): { token: string; credential: Credential } {
  let secret = draw(SECRET_LENGTH[kind]);
  while (isOfRedisSessions(PREFIX + id + secret)) secret = draw(SECRET_LENGTH[kind]);
  return { token: PREFIX + id + secret, credential: { hash: hashSecret(id, secret), alias: false, previous: [] } };
}

/**
 * Gives the id and the credential of a session that another system made, by the token that its visitor has. Both follow from
 * the token and the subject alone, so that whoever takes over the session, however often and wherever at once, gives it the
 * same id. Only the hash of the token leads to it: the alias.
 */
export function importedCredential(token: string, subject: string | null): { id: string; credential: Credential } {
  const id = newSessionId(subject, drawFrom(token, 'imported'));
  return { id, credential: { hash: parseToken(token).hash, alias: true, previous: [] } };
}

/** Gives what the successor of a token is drawn from, to be stored beside it. */
export function newSeed(): string {
  return randomText(SEED_LENGTH);
}

/**
 * Makes the token that follows a token at its rotation. It follows from the seed and the old token together: so everybody who
 * rotates the same token gets the same new one, and who steals the store, which has no token, has none.
 */
export function successorOf(token: string, seed: string, id: string): string {
  return newToken(id, 'standard', drawFrom(seed, `successor.${token}`)).token;
}

/** Takes a presented token apart. Never fails: text of a foreign form becomes an alias that may lead nowhere. */
export function parseToken(token: string): TokenRef {
  if (!isOwnToken(token)) return THEIRS.test(token) ? new ForeignRef(token) : { id: null, hash: hashSecret('', token) };
  const id = token.slice(PREFIX.length, PREFIX.length + ID_LENGTH);
  return { id, hash: hashSecret(id, token.slice(PREFIX.length + ID_LENGTH)) };
}

/** Makes the name of a lock, which proves that one holds it, and the hash that a store knows it by. */
export function newLock(): { name: string; hash: string } {
  const name = randomText(LOCK_LENGTH);
  return { name, hash: hashOfLock(name) };
}

/** Gives the hash of a presented lock. Never fails: text of another form is a lock that nobody holds. */
export function hashOfLock(name: string): string {
  return fingerprint(`lock ${name}`);
}

/** Tells whether a token has our own form, in which its session id is a part. */
export function isOwnToken(token: string): boolean {
  const secret = token.length - PREFIX.length - ID_LENGTH;
  // One pass: a pattern with both lengths in it goes through a classic token twice.
  if (secret === SECRET_LENGTH.standard) return OWN_CHARACTERS.test(token);
  return secret === SECRET_LENGTH.classic && OWN_CHARACTERS.test(token) && !isOfRedisSessions(token);
}

/**
 * Tells whether a token has the form of redis-sessions: 55 characters without a Z, a Z, and the time in 8 characters. One in
 * 54,000 of them begins like ours, and would be looked for under an id that is none. So a token of this form is always theirs,
 * and we make none of it.
 */
function isOfRedisSessions(token: string): boolean {
  return token.length === THEIR_LENGTH && token.indexOf('Z') === THEIR_TIME - 1 && THEIR_CLOCK.test(token);
}

/** Gives when redis-sessions made a token. Units: epoch milliseconds. Absence: null where the token does not tell. */
export function madeByRedisSessions(token: string): number | null {
  return isOfRedisSessions(token) ? Number.parseInt(token.slice(THEIR_TIME), 36) : null;
}

export function isSessionId(text: string): boolean {
  return SESSION_ID.test(text);
}

/** Tells whether a presented token opens the session at `now`: it is the present one, or one that was replaced, in its grace. */
export function opens(credential: Credential, ref: TokenRef, now: number): boolean {
  if (sameHash(credential.hash, ref.hash)) return true;
  return credential.previous.some(({ hash, until }) => now < until && sameHash(hash, ref.hash));
}

/** Tells whether a presented token is one that a rotation replaced, presented after its grace. */
export function isReused(credential: Credential, ref: TokenRef, now: number): boolean {
  if (ref.isLookedFor) return false;
  return credential.previous.some(({ hash, until }) => now >= until && sameHash(hash, ref.hash));
}

function hashSecret(id: string, secret: string): string {
  return `1.${hash('sha256', `${id}.${secret}`, 'base64url')}`;
}

function sameHash(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}
