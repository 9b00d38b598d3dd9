/**
 * Lists and counts of what has not come over yet. Nothing is taken for them: who only looks at a user's devices, or asks how many are
 * there, must log nobody out of the old server.
 *
 * The order is ours: by the second of the last get or set, as the old index has it, then by id. The id follows from token and user,
 * so only what is shown is read. A session's own fields say when it ends.
 */
import { byActivity, type Position } from '../core/cursor.ts';
import { importedCredential } from '../core/token.ts';
import { readEntry } from '../moving/sources/predecessor/layout.ts';
import { type Member, readMember } from './old-keys.ts';
import type { OldRedis } from './old-redis.ts';
import type { OldSession, OldSessions } from './old-sessions.ts';

/** An entry of the old index of an app. */
interface Entry extends Position {
  readonly token: string;
  /** The second of its last get or set, as Redis writes it. */
  readonly score: string;
}

/** What comes after a position, the most recent activity first. `more`: whether others come after these. */
export interface OldPage {
  readonly sessions: readonly OldSession[];
  readonly more: boolean;
}

/** Which sessions: after a position (null: from the first), and seen at or after an instant. */
export interface Range {
  readonly after: Position | null;
  readonly since: number;
}

/** Entries that are read at once. */
const STEP = 1000;
/** How long an id leads to an old session after a list has shown it. Units: seconds. */
const IDS_LAST = 86_400;
/** Units: milliseconds. */
const APPS_LAST = 5000;

export class OldLists {
  private readonly old: OldRedis;
  private readonly sessions: OldSessions;
  private readonly clock: () => number;
  private known: { readonly at: number; readonly apps: Promise<ReadonlySet<string>> } | null = null;

  constructor(old: OldRedis, sessions: OldSessions, clock: () => number) {
    this.old = old;
    this.sessions = sessions;
    this.clock = clock;
  }

  /** Gives a user's sessions. */
  async ofSubject(app: string, subject: string, range: Range): Promise<OldPage> {
    const tokens = await this.sessions.tokensOf(app, subject);
    const read = await Promise.all(tokens.map((token) => this.sessions.readOf(app, token, subject)));
    const there = read.filter((one) => one !== null);
    return this.shown(
      app,
      there.filter(({ session }) => isIn(session, range)),
      false,
    );
  }

  /** Gives `limit` sessions of an app, or fewer where there are no others. */
  async ofApp(app: string, range: Range, limit: number): Promise<OldPage> {
    const found: OldSession[] = [];
    for (let from = range.after === null ? '+inf' : String(Math.floor(range.after.lastSeenAt / 1000)); ; ) {
      const { entries, lowest } = await this.entries(app, from, range.since);
      const wanted = entries.filter((entry) => isIn(entry, range)).sort(byActivity);
      for (let i = 0; i < wanted.length; ) {
        if (found.length === limit) return this.shown(app, found, true);
        const some = wanted.slice(i, i + limit - found.length);
        i += some.length;
        found.push(...(await this.readAll(app, some)));
      }
      if (lowest === null) return this.shown(app, found, false);
      from = `(${lowest}`;
    }
  }

  /** Gives the subject of each live session that was seen since an instant, in parts. */
  async *subjects(app: string, since: number): AsyncGenerator<string[], void, void> {
    for (let from = '+inf'; ; ) {
      const { entries, lowest } = await this.entries(app, from, since);
      for (let i = 0; i < entries.length; i += STEP) {
        const some = entries.slice(i, i + STEP).map(({ token }) => token);
        yield await this.sessions.usersOf(app, some);
      }
      if (lowest === null) return;
      from = `(${lowest}`;
    }
  }

  /** Gives where the session is that a list has shown with an id. Absence: null when none has. */
  async memberOf(app: string, id: string): Promise<Member | null> {
    const text = (await this.old.send('HGET', [this.old.keys.ids, id])) as Buffer | null;
    const member = text === null ? null : readMember(String(text));
    return member?.app === app ? member : null;
  }

  /**
   * Gives how many sessions are left, of all apps. What the old index counts although it is gone counts until its time would be
   * over.
   */
  async left(): Promise<number> {
    return Number(await this.old.send('ZCOUNT', [this.old.layout.all, this.seconds(), '+inf']));
  }

  /**
   * Gives the apps that have sessions. That is a walk over the index of all, which introspection without an app asks for again and
   * again: so the answer is up to a few seconds old.
   */
  apps(): Promise<ReadonlySet<string>> {
    const now = performance.now();
    if (this.known === null || now - this.known.at > APPS_LAST) {
      const asked = { at: now, apps: this.findApps() };
      this.known = asked;
      // What failed is asked for again.
      asked.apps.catch(() => {
        if (this.known === asked) this.known = null;
      });
    }
    return this.known.apps;
  }

  private async findApps(): Promise<ReadonlySet<string>> {
    const apps = new Set<string>();
    for (let from = 0; ; from += STEP) {
      const range = [this.old.layout.all, this.seconds(), '+inf', 'LIMIT', from, STEP];
      const entries = (await this.old.send('ZRANGEBYSCORE', range)) as Buffer[];
      for (const entry of entries) {
        const member = readMember(String(entry));
        if (member !== null) apps.add(member.app);
      }
      if (entries.length < STEP) return apps;
    }
  }

  /** Lets the ids that a list shows lead to their sessions. */
  private async shown(app: string, sessions: OldSession[], more: boolean): Promise<OldPage> {
    if (sessions.length > 0) {
      const { ids } = this.old.keys;
      const pairs = sessions.flatMap(({ token, session }) => [session.id, `${app}:${token}`]);
      await Promise.all([this.old.send('HMSET', [ids, ...pairs]), this.old.send('EXPIRE', [ids, IDS_LAST])]);
    }
    return { sessions: sessions.sort((one, other) => byActivity(one.session, other.session)), more };
  }

  private async readAll(app: string, entries: readonly Entry[]): Promise<OldSession[]> {
    const read = await Promise.all(
      entries.map(({ token, score }) => this.sessions.read(app, token, Buffer.from(score))),
    );
    return read.filter((one) => one !== null);
  }

  private seconds(): number {
    return Math.floor(this.clock() / 1000);
  }

  /** Gives entries from a second downwards, whole seconds of them. `lowest`: the last of these; null when there are no others. */
  private async entries(app: string, from: string, since: number) {
    const index = this.old.layout.index(app);
    const end = Number.isFinite(since) && since > 0 ? Math.ceil(since / 1000) : '-inf';
    const range = [index, from, end, 'WITHSCORES', 'LIMIT', 0, STEP];
    const first = entriesIn((await this.old.send('ZREVRANGEBYSCORE', range)) as Buffer[]);
    if (first.length < STEP) return { entries: first, lowest: null };
    const lowest = first.at(-1)!.score;
    // Of that second there may be others.
    const all = (await this.old.send('ZREVRANGEBYSCORE', [index, lowest, lowest, 'WITHSCORES'])) as Buffer[];
    return { entries: [...first.filter(({ score }) => score !== lowest), ...entriesIn(all)], lowest };
  }
}

function isIn(position: Position, { after, since }: Range): boolean {
  return position.lastSeenAt >= since && (after === null || byActivity(after, position) < 0);
}

/** Reads an answer with scores. What is no entry of redis-sessions stands at no position, and comes last. */
function entriesIn(answer: readonly Buffer[]): Entry[] {
  return answer.flatMap((text, i) => {
    if (i % 2 === 1) return [];
    const { token = '', id: subject = '' } = readEntry(String(text)) ?? {};
    const score = String(answer[i + 1]);
    return [{ token, score, lastSeenAt: Number(score) * 1000, id: importedCredential(token, subject).id }];
  });
}
