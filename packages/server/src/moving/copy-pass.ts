/**
 * One pass of a copy over one app: both sides are walked through by id, side by side, and each session is brought to where the
 * source has it. So a pass needs to remember nothing: the first one, those that catch up, one after a `kill -9` and the check at
 * the end are the same walk.
 *
 * What the target has and the source has not was ended there; it ends here too, if a copy has brought it. Where servers use
 * the target already, what ended there stays ended, and a session that went on there stays as it is there. That is also one
 * which the source has not any more: nobody uses it there, so it expired there.
 *
 * A source that has lost its sessions looks like one where they ended. So where an app has none left, or most are gone, nothing of it is
 * ended unless the operator says that it is right. What has expired has expired on both sides, and is no loss.
 */
import type { IdSet } from '../core/id-set.ts';
import type { Session } from '../core/session.ts';
import type { SessionStore } from '../core/store.ts';
import { isSameRecord, type StoredSession } from '../core/stored-session.ts';
import { ID_LENGTH } from '../core/token.ts';
import type { CopyJournal } from './copy-journal.ts';
import { patiently } from './patience.ts';
import { RecordWalk } from './record-walk.ts';

export type CopySource = Pick<SessionStore, 'apps' | 'records' | 'find'>;
export type CopyTarget = Pick<SessionStore, 'apps' | 'records' | 'find' | 'list' | 'install' | 'revoke' | 'memo'>;

/** Sessions that are written together; fewer where they are long. Units: sessions, characters of data. */
const TOGETHER = 1000;
const MOST_DATA = 1_048_576;
/** Batches on their way. */
const UNDER_WAY = 3;
/** Ends that are on their way at once. */
const ENDS = 200;
/** Fewer that are gone from an app which has others left are never too many: so few users do log out. */
const MANY = 20;
/** How many of the sessions that were used last tell whether servers use the target. */
const LOOKED_AT = 100;

export interface PassOptions {
  readonly app: string;
  readonly source: CopySource;
  readonly target: CopyTarget;
  readonly journal: CopyJournal;
  readonly clock: () => number;
  /** Nothing is written. */
  readonly looksOnly: boolean;
  /** What is gone from the source ended there, however much it is. */
  readonly endsMost: boolean;
  readonly signal: AbortSignal;
  /** Told how many sessions of the source were looked at since it was told last. */
  readonly onSessions: (count: number) => void;
}

/** What a pass found, and did unless it only looked. */
export interface PassCounts {
  /** The same on both sides, to the letter. */
  same: number;
  /** New at the target. */
  brought: number;
  /** There, and brought up to date. */
  updated: number;
  /** Ended at the source, and now at the target. */
  ended: number;
  /** Gone on at the target, or ended there, since servers use it: left as they are. */
  left: number;
  /** At the target alone, and not brought by the copy: left as they are. */
  others: number;
  /** The id of one of `others`. Absence: null. */
  example: string | null;
}

export const noCounts = (): PassCounts => ({
  same: 0,
  brought: 0,
  updated: 0,
  ended: 0,
  left: 0,
  others: 0,
  example: null,
});

/** A session on its way, and what the target had in its place. Absence: null. */
interface Bringing {
  readonly record: StoredSession;
  readonly there: StoredSession | null;
}

/** So much of what was brought is gone from the source that it may be another store, or an emptied one. Nothing was ended. The message is one sentence. */
export class SourceLost extends Error {
  override readonly name = 'SourceLost';
}

export class CopyPass {
  readonly counts = noCounts();
  private readonly options: PassOptions;
  private readonly running = new Set<Promise<void>>();
  private batch: Bringing[] = [];
  private data = 0;
  /** Ids of sessions that are to end, and those before them, joined: a million take 16 MB. */
  private ends: string[] = [];
  private readonly endsBefore: string[] = [];
  private known: IdSet | null = null;
  /** Whoever was seen later at the target was seen there. */
  private seenUntil = Number.POSITIVE_INFINITY;
  private inUse = false;
  private failure: Error | null = null;

  constructor(options: PassOptions) {
    this.options = options;
  }

  /** Runs it to the end, or until the signal. Errors: those of both stores. */
  async run(): Promise<PassCounts> {
    const { app, source, target, clock, signal, journal, looksOnly } = this.options;
    const begunAt = looksOnly ? clock() : await patiently(() => journal.begin());
    this.seenUntil = await patiently(() => journal.seen());
    this.inUse = await this.isInUse(begunAt);
    if (this.inUse) await this.brought();
    const [here, there] = [new RecordWalk(source, app, clock), new RecordWalk(target, app, clock)];
    let [looked, both] = [0, 0];
    for (;;) {
      if (signal.aborted) break;
      const [mine, theirs] = [here.held ?? (await here.peek()), there.held ?? (await there.peek())];
      if (mine === null && theirs === null) break;
      if (mine !== null && (theirs === null || mine.session.id <= theirs.session.id)) {
        here.take();
        if (++looked % TOGETHER === 0) this.options.onSessions(TOGETHER);
      }
      if (mine === null || (theirs !== null && theirs.session.id < mine.session.id)) {
        there.take();
        this.extra(theirs!.session, this.known ?? (await this.brought()));
      } else if (theirs === null || mine.session.id < theirs.session.id) {
        if (this.inUse && this.known!.has(mine.session.id)) this.counts.left++;
        else await this.put(mine, null);
      } else {
        there.take();
        both++;
        if (isSameRecord(mine, theirs)) this.counts.same++;
        else if (isAhead(theirs.session, mine.session) || (this.inUse && !isAhead(mine.session, theirs.session)))
          this.counts.left++;
        else await this.put(mine, theirs);
      }
    }
    this.options.onSessions(looked % TOGETHER);
    await this.flush();
    while (this.running.size > 0) await Promise.race(this.running);
    if (this.failure !== null) throw this.failure;
    if (signal.aborted) return this.counts;
    if (!this.options.endsMost) this.refuseLoss(looked, both);
    await this.endExtra();
    return this.counts;
  }

  private async put(record: StoredSession, there: StoredSession | null): Promise<void> {
    this.batch.push({ record, there });
    this.data += record.session.data.length;
    if (this.batch.length >= TOGETHER || this.data > MOST_DATA) await this.flush();
  }

  /** Sends what is gathered. Waits while too much is under way. */
  private async flush(): Promise<void> {
    const { batch } = this;
    this.batch = [];
    this.data = 0;
    if (batch.length === 0) return;
    while (this.running.size >= UNDER_WAY) await Promise.race(this.running);
    if (this.failure !== null) throw this.failure;
    const sent: Promise<void> = this.write(batch)
      .catch((error: Error) => {
        this.failure ??= error;
      })
      .finally(() => this.running.delete(sent));
    this.running.add(sent);
  }

  private async write(batch: readonly Bringing[]): Promise<void> {
    const { target, journal, clock, looksOnly } = this.options;
    const ids = batch.filter(({ there }) => there === null).map(({ record }) => record.session.id);
    if (!looksOnly) {
      if (ids.length > 0) await patiently(() => journal.note(ids));
      const seenAt = batch.reduce((latest, { record }) => Math.max(latest, record.session.lastSeenAt), 0);
      await patiently(() => journal.noteSeen(seenAt));
    }
    await Promise.all(
      batch.map(async ({ record, there }) => {
        // Where servers use the target, what they did since it was looked at stays: the next pass compares it anew.
        const replace = this.inUse && there !== null ? there : true;
        const outcome = looksOnly ? 'installed' : await patiently(() => target.install(record, replace, clock()));
        // It has expired on the way, and is on neither side.
        if (outcome === 'expired') return;
        if (outcome === 'present') this.counts.left++;
        else if (there === null) this.counts.brought++;
        else this.counts.updated++;
      }),
    );
  }

  /** Takes one that the target has and the source has not. */
  private extra(session: Session, brought: IdSet): void {
    if (!brought.has(session.id)) {
      this.counts.others++;
      this.counts.example ??= session.id;
    } else if (this.wentOn(session)) {
      this.counts.left++;
    } else {
      this.ends.push(session.id);
      if (this.ends.length < TOGETHER) return;
      this.endsBefore.push(this.ends.join(''));
      this.ends = [];
    }
  }

  /** Whether a session that was brought has been used at the target. */
  private wentOn({ lastSeenAt }: Session): boolean {
    return lastSeenAt > this.seenUntil;
  }

  /** `looked`: sessions that the source has; `both`: those that both have. Errors: SourceLost. */
  private refuseLoss(looked: number, both: number): void {
    const gone = this.endsBefore.length * TOGETHER + this.ends.length;
    if (gone === 0 || (looked > 0 && (gone < MANY || gone <= both))) return;
    throw new SourceLost(
      `the source has lost ${gone} of ${gone + both} sessions of the app ${this.options.app} that were brought before, and none of them was ended; look whether it is the right store, and whole: if they did end there, say --ended`,
    );
  }

  /** Ends what is gone from the source. */
  private async endExtra(): Promise<void> {
    for (const ids of [...this.endsBefore, this.ends.join('')]) {
      for (let at = 0; at < ids.length; ) {
        const ending: Promise<void>[] = [];
        for (; at < ids.length && ending.length < ENDS; at += ID_LENGTH)
          ending.push(this.end(ids.slice(at, at + ID_LENGTH)));
        await Promise.all(ending);
      }
    }
  }

  private async end(id: string): Promise<void> {
    const { app, source, target, clock, looksOnly } = this.options;
    // It may have been put in at the source since that part of it was read, and been used at the target.
    if ((await patiently(() => source.find(app, id, clock()))) !== null) return;
    const there = await patiently(() => target.find(app, id, clock()));
    if (there === null) return;
    if (this.wentOn(there.session)) {
      this.counts.left++;
      return;
    }
    const ended = looksOnly ? 1 : await patiently(() => target.revoke(app, { by: 'id', id }, clock()));
    this.counts.ended += ended;
  }

  private async brought(): Promise<IdSet> {
    this.known ??= await patiently(() => this.options.journal.all());
    return this.known;
  }

  /**
   * Tells whether servers use the target: then the sessions that were used last are further on than at the source, or than they were
   * brought where the source has them no more, or began there since the copy began.
   */
  private async isInUse(begunAt: number): Promise<boolean> {
    const { app, source, target, clock } = this.options;
    const { sessions } = await patiently(() => target.list(app, { limit: LOOKED_AT }, clock()));
    const signs = await Promise.all(
      sessions.map(async (there) => {
        const here = await patiently(() => source.find(app, there.id, clock()));
        if (here !== null) return isAhead(there, here.session);
        return (await this.brought()).has(there.id) ? this.wentOn(there) : there.createdAt >= begunAt;
      }),
    );
    return signs.includes(true);
  }
}

/** Whether a session has gone on further. */
function isAhead(a: Session, b: Session): boolean {
  return a.version > b.version || a.reads > b.reads || a.lastSeenAt > b.lastSeenAt;
}
