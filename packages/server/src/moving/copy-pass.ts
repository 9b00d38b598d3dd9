/**
 * One pass of a copy over one app: both sides are walked through by id, side by side, and each session is brought to where the
 * source has it. So a pass needs to remember nothing: the first one, those that catch up, one after a `kill -9` and the check at
 * the end are the same walk.
 *
 * What the target has and the source has not was ended there; it ends here too, if a copy has brought it. Where servers use
 * the target already, what ended there stays ended, and a session that went on there stays as it is there.
 */
import type { IdSet } from '../core/id-set.ts';
import type { Session } from '../core/session.ts';
import type { SessionStore } from '../core/store.ts';
import { isSameRecord, type StoredSession } from '../core/stored-session.ts';
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

export class CopyPass {
  readonly counts = noCounts();
  private readonly options: PassOptions;
  private readonly running = new Set<Promise<void>>();
  private batch: Bringing[] = [];
  private data = 0;
  private extra: string[] = [];
  private known: IdSet | null = null;
  private inUse = false;
  private failure: Error | null = null;

  constructor(options: PassOptions) {
    this.options = options;
  }

  /** Runs it to the end, or until the signal. Errors: those of both stores. */
  async run(): Promise<PassCounts> {
    const { app, source, target, clock, signal, journal, looksOnly } = this.options;
    const begunAt = looksOnly ? clock() : await patiently(() => journal.begin());
    this.inUse = await this.isInUse(begunAt);
    if (this.inUse) await this.brought();
    const [here, there] = [new RecordWalk(source, app, clock), new RecordWalk(target, app, clock)];
    let looked = 0;
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
        this.extra.push(theirs!.session.id);
        if (this.extra.length >= TOGETHER) await this.endExtra();
      } else if (theirs === null || mine.session.id < theirs.session.id) {
        if (this.inUse && this.known!.has(mine.session.id)) this.counts.left++;
        else await this.put(mine, null);
      } else {
        there.take();
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
    if (!signal.aborted) await this.endExtra();
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
    if (!looksOnly && ids.length > 0) await patiently(() => journal.note(ids));
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

  /** Ends what the target has and the source has not, if the copy has brought it. */
  private async endExtra(): Promise<void> {
    const { app, source, target, clock, looksOnly } = this.options;
    const { extra } = this;
    this.extra = [];
    if (extra.length === 0) return;
    const brought = await this.brought();
    const ends = extra.filter((id) => {
      if (brought.has(id)) return true;
      this.counts.others++;
      this.counts.example ??= id;
      return false;
    });
    for (let at = 0; at < ends.length; at += ENDS) {
      await Promise.all(
        ends.slice(at, at + ENDS).map(async (id) => {
          // It may have been put in at the source since that part of it was read.
          if ((await patiently(() => source.find(app, id, clock()))) !== null) return;
          const selector = { by: 'id', id } as const;
          const ended = looksOnly ? 1 : await patiently(() => target.revoke(app, selector, clock()));
          this.counts.ended += ended;
        }),
      );
    }
  }

  private async brought(): Promise<IdSet> {
    this.known ??= await patiently(() => this.options.journal.all());
    return this.known;
  }

  /**
   * Tells whether servers use the target: then the sessions that were used last are further on than at the source, or began
   * there since the copy began.
   */
  private async isInUse(begunAt: number): Promise<boolean> {
    const { app, source, target, clock } = this.options;
    const { sessions } = await patiently(() => target.list(app, { limit: LOOKED_AT }, clock()));
    const signs = await Promise.all(
      sessions.map(async (there) => {
        const here = await patiently(() => source.find(app, there.id, clock()));
        if (here !== null) return isAhead(there, here.session);
        return there.createdAt >= begunAt && !(await this.brought()).has(there.id);
      }),
    );
    return signs.includes(true);
  }
}

/** Whether a session has gone on further. */
function isAhead(a: Session, b: Session): boolean {
  return a.version > b.version || a.reads > b.reads || a.lastSeenAt > b.lastSeenAt;
}
