/**
 * The text of an API key: made, checked and hashed here and nowhere else.
 *
 *   rsk_ rrrrrrrrrrrrrrrrrrrrrrrrrrrrrr cccccc      40: prefix, random (30 = 178 bits), checksum, all [A-Za-z0-9]
 *
 * The checksum is the CRC-32 of the random part in base 62: scanners of published code tell a key from noise without
 * asking anyone, and the command tells a typo from a key that is not known. It guards nothing: anyone can compute it.
 * Stored is `sha256:` and the hash in hex. A slow hash would buy nothing against 178 random bits.
 */
import { hash } from 'node:crypto';
import { randomText } from '../core/token.ts';

const PREFIX = 'rsk_';
const RANDOM_LENGTH = 30;
const CHECK_LENGTH = 6;
const KEY = /^rsk_[A-Za-z0-9]{36}$/;
const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** Makes a key. To be shown once. */
export function newKey(): string {
  const random = randomText(RANDOM_LENGTH);
  return PREFIX + random + checksum(random);
}

/** Tells whether a text is a key with a right checksum. Says nothing about whether anyone knows it. */
export function isKey(text: string): boolean {
  if (!KEY.test(text)) return false;
  const random = text.slice(PREFIX.length, PREFIX.length + RANDOM_LENGTH);
  return text.endsWith(checksum(random));
}

/** Gives what is stored of a key. Shape: `sha256:` and 64 hexadecimal digits. */
export function hashKey(key: string): string {
  return `sha256:${hash('sha256', key, 'hex')}`;
}

function checksum(text: string): string {
  let rest = crc32(text);
  let digits = '';
  for (let i = 0; i < CHECK_LENGTH; i++) {
    digits = BASE62[rest % 62] + digits;
    rest = Math.floor(rest / 62);
  }
  return digits;
}

/** CRC-32 as in zlib and gzip. (Node's own came after 20.12.) */
function crc32(text: string): number {
  let crc = 0xffffffff;
  for (let i = 0; i < text.length; i++) {
    crc ^= text.charCodeAt(i);
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return ~crc >>> 0;
}
