/** One session where redis-sessions keeps it: read without taking it, and ended there. */
import { expiresAt } from '../core/expiry.ts';
import type { Session } from '../core/session.ts';
import { importedCredential } from '../core/token.ts';
import { FIELDS, type Fields, readEntry, TOKEN } from '../moving/sources/predecessor/layout.ts';
import { type Reading, readingOf } from '../moving/sources/predecessor/old-session.ts';
import type { OldRedis } from './old-redis.ts';

/** A live session that has not come over yet. */
export interface OldSession {
  readonly token: string;
  readonly session: Session;
}

/** Where `la` is among the fields of an old session. */
const LAST_SEEN = FIELDS.indexOf('la');
/** Sessions that are ended at once. */
const STEP = 500;

export class OldSessions {
  private readonly old: OldRedis;
  private readonly clock: () => number;

  constructor(old: OldRedis, clock: () => number) {
    this.old = old;
    this.clock = clock;
  }

  /** Gives the tokens of a user's sessions, live or not. */
  async tokensOf(app: string, subject: string): Promise<string[]> {
    const tokens = (await this.old.send('SMEMBERS', [this.old.layout.user(app, subject)])) as Buffer[];
    return tokens.map(String).filter((token) => TOKEN.test(token));
  }

  /**
   * Reads a session. `score`: of the index of its app, in seconds. Absence: null when there is none that lives, or none that we could
   * take.
   */
  async read(app: string, token: string, score: Buffer | null): Promise<OldSession | null> {
    const key = this.old.layout.session(app, token);
    const fields = (await this.old.send('HMGET', [key, ...FIELDS]).catch(noSession)) as Fields;
    const reading = readOld(app, token, [score, ...fields]);
    if (reading?.kind !== 'session' || expiresAt(reading.record.session) <= this.clock()) return null;
    return { token, session: reading.record.session };
  }

  /** Reads a session of a user. */
  async readOf(app: string, token: string, subject: string): Promise<OldSession | null> {
    const score = await this.old.send('ZSCORE', [this.old.layout.index(app), `${token}:${subject}`]);
    const found = await this.read(app, token, score as Buffer | null);
    return found?.session.subject === subject ? found : null;
  }

  /** Reads a session whose user is not known. */
  async find(app: string, token: string): Promise<OldSession | null> {
    const found = await this.read(app, token, null);
    return found && this.readOf(app, token, found.session.subject!);
  }

  /** Gives the user of each that lives, of some of an app. */
  async usersOf(app: string, tokens: readonly string[]): Promise<string[]> {
    const { layout } = this.old;
    const users = await this.old.call('live', [layout.index(app)], [layout.session(app, ''), ...tokens]);
    return (users as Buffer[]).map(String);
  }

  /** Ends a session where it is. Gives 1 when one was ended that lived. `subject`: whose it is in the index; '' when that is not known. */
  async end(app: string, token: string, subject: string): Promise<number> {
    const { keys, layout } = this.old;
    const own = [layout.session(app, token), keys.claim(app, token)];
    const indexes = [layout.index(app), layout.users(app), layout.all];
    return Number(await this.old.call('end', [...own, ...indexes], [app, token, subject, keys.namespace]));
  }

  /** Ends a user's sessions, but the one of the id `except`. Gives how many lived. */
  async endSubject(app: string, subject: string, except: string | undefined): Promise<number> {
    const tokens = await this.tokensOf(app, subject);
    const ending = tokens.filter((token) => except === undefined || importedCredential(token, subject).id !== except);
    return sum(await Promise.all(ending.map((token) => this.end(app, token, subject))));
  }

  /** Ends all sessions of an app. Gives how many lived. */
  async endApp(app: string): Promise<number> {
    const index = this.old.layout.index(app);
    for (let ended = 0; ; ) {
      const entries = (await this.old.send('ZRANGE', [index, 0, STEP - 1])) as Buffer[];
      if (entries.length === 0) return ended;
      const counts = entries.map(async (bytes) => {
        const text = String(bytes);
        const entry = readEntry(text);
        const ending = entry === null ? 0 : await this.end(app, entry.token, entry.id);
        // By its bytes: what is no UTF-8 has another name as a text, and would be met again and again.
        if (entry === null || !Buffer.from(text).equals(bytes)) await this.old.send('ZREM', [index, bytes]);
        return ending;
      });
      ended += sum(await Promise.all(counts));
    }
  }
}

/**
 * Reads what a script or a list has of an old session: its score in the index of its app, and its fields. The score is up to a
 * second nearer to the truth than the field `la`, and lists are ordered by it. Whether it has expired is not asked.
 */
export function readOld(app: string, token: string, [score, ...fields]: readonly (Buffer | null)[]): Reading | null {
  const isNearer = score != null && Number(score) > Number(fields[LAST_SEEN] ?? Number.NaN);
  const read = isNearer ? fields.with(LAST_SEEN, score) : fields;
  return readingOf(app, token, read, Number.NEGATIVE_INFINITY);
}

/** Something else stands in its place: that is no session. */
function noSession(error: unknown): Fields {
  if (error instanceof Error && error.message.includes('WRONGTYPE')) return FIELDS.map(() => null);
  throw error;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, one) => all + one, 0);
}
