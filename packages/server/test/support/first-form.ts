/** Session records as versions wrote them that knew form 1: one replaced token at most, and no instant of the login. */
import type { Session } from '../../src/core/session.ts';

/** What form 1 knows of a credential. */
export interface FirstCredential {
  readonly hash: string;
  readonly alias: boolean;
  readonly previous: { readonly hash: string; readonly alias: boolean; readonly until: number } | null;
}

/** As the embedded store had it. */
export function lmdbFirstForm(s: Session, c: FirstCredential, dueAt: number | null): Buffer {
  const previous = c.previous && [c.previous.hash, c.previous.alias, c.previous.until];
  const names = [s.id, s.app, s.subject, s.createdAt, s.version, s.ip, s.userAgent, s.label];
  const rest = Buffer.from(JSON.stringify([...names, c.hash, c.alias, previous, dueAt, s.lastSeenAt]));
  const head = Buffer.alloc(41);
  head[0] = 1;
  head.writeDoubleBE(s.reads, 5);
  head.writeDoubleBE(s.lastSeenAt, 13);
  head.writeDoubleBE(s.idleTimeout ?? Number.NaN, 21);
  head.writeDoubleBE(s.absoluteExpiresAt ?? Number.NaN, 29);
  head.writeUInt32BE(rest.length, 37);
  return Buffer.concat([head, rest, Buffer.from(s.data)]);
}

/** As Redis had it, with its data inside. */
export function redisFirstForm(s: Session, c: FirstCredential): Buffer {
  const head = Buffer.alloc(60);
  head[0] = 1;
  head[1] = Number(c.alias);
  head[2] = Number(c.previous?.alias ?? false);
  const never = Number.POSITIVE_INFINITY;
  const numbers = [s.lastSeenAt, s.reads, s.version, s.createdAt, s.idleTimeout ?? never, s.absoluteExpiresAt ?? never];
  for (const [i, value] of [...numbers, c.previous?.until ?? 0].entries()) head.writeDoubleBE(value, 4 + i * 8);
  const short = [c.hash, c.previous?.hash ?? ''].flatMap((text) => [Buffer.of(text.length), Buffer.from(text)]);
  const long = [s.subject, s.ip, s.userAgent, s.label].flatMap((text) => {
    const bytes = Buffer.from(text === null ? '' : `+${text}`);
    return [Buffer.of(bytes.length >> 8, bytes.length & 255), bytes];
  });
  return Buffer.concat([head, ...short, ...long, Buffer.from(s.data === '{}' ? '' : s.data)]);
}
