/** A source of sessions that stand in a Redis, each under a key of its own: all that such kinds have in common. */
import type { Found, Source } from '../source.ts';
import { WrongSource } from '../source.ts';
import { type Carried, foundOf, nameOf } from './carried.ts';
import { ahead } from './predecessor/ahead.ts';
import type { RedisServer } from './redis-server.ts';
import { BEGINNING, countKeys, walkKeys } from './redis-walk.ts';

/** Sessions that are asked for at once: each may be long. */
const TOGETHER = 200;

/** How one kind reads. */
export interface RedisKind {
  /** For words: `Flask-Session`. */
  readonly name: string;
  /** Gives the token in the name of a key. Absence: null for a key of something else. */
  readonly tokenIn: (key: string) => string | null;
  /** How the value is asked for: `GET`, `HGETALL`. */
  readonly command: string;
  /** Judges a session. `value`: what the command answered; `left`: of the key's time, in milliseconds; null for none. */
  readonly read: (token: string, value: unknown, left: number | null) => Carried;
  /** Said when there is no session at all. */
  readonly hint: string;
}

export class RedisSource implements Source {
  readonly name: string;
  private readonly server: RedisServer;
  private readonly kind: RedisKind;

  constructor(server: RedisServer, kind: RedisKind) {
    this.name = `${kind.name} in ${server.name}`;
    this.server = server;
    this.kind = kind;
  }

  total(): Promise<number> {
    return countKeys(this.server);
  }

  async *read(after: string | null): AsyncGenerator<Found> {
    let isAny = after !== null;
    // The position before a page stands while the page is read: its sessions come again when it was cut short.
    let settled = after ?? BEGINNING;
    for await (const { found, position } of ahead(this.parts(after))) {
      for (const carried of found) {
        isAny ||= carried !== null;
        if (carried === null) yield { kind: 'passed', position: settled };
        else yield* foundOf(carried, settled);
      }
      if (position === null) continue;
      settled = position;
      yield { kind: 'passed', position };
    }
    if (!isAny)
      throw new WrongSource(`there is no session of ${this.kind.name} in ${this.server.name}: ${this.kind.hint}`);
  }

  /** Reads pages in parts. `position`: after the last part of a page; null before. */
  private async *parts(after: string | null): AsyncGenerator<{ found: (Carried | null)[]; position: string | null }> {
    for await (const { keys, position } of ahead(walkKeys(this.server, after))) {
      for (let i = 0; i < keys.length; i += TOGETHER) {
        const found = await Promise.all(keys.slice(i, i + TOGETHER).map((key) => this.at(key)));
        yield { found, position: null };
      }
      yield { found: [], position };
    }
  }

  async close(): Promise<void> {
    this.server.close();
  }

  /** Absence: null for a key of something else, and for one that has gone meanwhile. */
  private async at(key: string): Promise<Carried | null> {
    const token = this.kind.tokenIn(key);
    if (token === null) return null;
    try {
      const [value, left] = await Promise.all([
        this.server.send(this.kind.command, [key]),
        this.server.send('PTTL', [key]),
      ]);
      if (left === -2 || value === null) return null;
      return this.kind.read(token, value, left === -1 ? null : Number(left));
    } catch (error) {
      if (!(error as Error).message.startsWith('WRONGTYPE')) throw error;
      return { kind: 'left', reason: 'wrong_type', example: nameOf(token) };
    }
  }
}
