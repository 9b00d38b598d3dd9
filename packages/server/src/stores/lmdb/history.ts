/**
 * What has ended of each subject. An entry is found by its subject, and the latest comes first; its key says when it ended, so what is
 * too old is found without reading it. With its key and the name of its app it has 200 bytes at most.
 *
 *   reason · first seen, last seen: milliseconds before its end · label, ip, user agent, by, note: length + 1, or 0 for null, and the text
 *
 * Rejected: an index by the instant to go at. It would be written with each end; the sweep looks at one entry of each subject
 * instead, some thousand subjects at a time.
 */
import { type End, historyEntryOf } from '../../core/endings.ts';
import {
  END_REASONS,
  HISTORY_BYTES,
  HISTORY_ENTRIES,
  type HistoryEntry,
  type JournalSource,
} from '../../core/events.ts';
import type { JournalTables } from './journal-tables.ts';
import { endedAtOf, endedBefore, historyKey, idOf, prefixOf, subjectPrefix, under } from './keys.ts';
import { packNumber, Unpacker } from './packed.ts';
import { smaller } from './slices.ts';
import type { Tables } from './tables.ts';

/** Subjects looked at in one turn of the event loop, and in one sweep. */
const LOOK_SLICE = 200;
const LOOKED_AT = 2000;

const TEXTS = ['label', 'ip', 'userAgent', 'by', 'note'] as const;
/** What a key has beside its app and its id, and a value beside its texts. Units: bytes. */
const KEY_BYTES = 41;
const VALUE_BYTES = 20;
/** What an entry is said to have beside its texts (core/endings.ts). */
const SAID_BYTES = 60;

export class History {
  private readonly tables: Tables;
  private readonly kept: JournalTables;
  private readonly rules: JournalSource;
  private readonly decidedAt: (now: number) => number;
  /** Where the next sweep goes on. */
  private next = '';

  constructor(tables: Tables, rules: JournalSource, decidedAt: (now: number) => number) {
    this.tables = tables;
    this.kept = tables.journals;
    this.rules = rules;
    this.decidedAt = decidedAt;
  }

  /** Adds what has ended, and removes what is more than a subject may have. In a transaction. */
  add(end: End): void {
    const { app, subject, id } = end.session;
    if (subject === null) return;
    const { history } = this.kept;
    const key = historyKey(app, subject, end.at, id);
    const more = KEY_BYTES + app.length + id.length + VALUE_BYTES - SAID_BYTES;
    void history.put(key, packEntry(historyEntryOf(end, HISTORY_BYTES - more)));
    const surplus = { ...under(subjectPrefix(app, subject)), offset: HISTORY_ENTRIES, limit: HISTORY_ENTRIES };
    for (const old of [...history.getKeys(surplus)]) void history.remove(old);
  }

  /** As Journal.history. */
  of(app: string, subject: string, now: number): Promise<HistoryEntry[]> {
    return this.tables.read(() => {
      const kept = this.rules(app)?.history ?? null;
      if (kept === null) return [];
      const prefix = subjectPrefix(app, subject);
      const range = { start: under(prefix).start, end: endedBefore(prefix, this.decidedAt(now) - kept) };
      return [...this.kept.history.getRange(range)].map(({ key, value }) => unpackEntry(key, value));
    });
  }

  /** As Journal.eraseHistory. */
  erase(app: string, subject: string): Promise<number> {
    const { history } = this.kept;
    return this.tables.transaction(() => {
      const keys = [...history.getKeys(under(subjectPrefix(app, subject)))];
      for (const key of keys) void history.remove(key);
      return keys.length;
    });
  }

  /** Removes what is kept no longer, of the next subjects. */
  async sweep(now: number): Promise<void> {
    for (let looked = 0; looked < LOOKED_AT; looked += LOOK_SLICE) {
      const { keys, next } = await this.tables.read(() => this.look(this.decidedAt(now)));
      const remove = (size: number) =>
        this.tables.transaction(() => {
          for (const key of keys.splice(0, size)) void this.kept.history.remove(key);
        });
      while (keys.length > 0) await smaller(remove);
      this.next = next;
      if (next === '') return;
    }
  }

  /** Gives the keys that may go, of some subjects, and where to go on; '' at the end. */
  private look(now: number): { keys: string[]; next: string } {
    const { history } = this.kept;
    const keys: string[] = [];
    let next = this.next;
    for (let looked = 0; looked < LOOK_SLICE; looked++) {
      const [first] = history.getKeys({ start: next, limit: 1 });
      if (first === undefined) return { keys, next: '' };
      const prefix = prefixOf(prefixOf(first));
      const app = prefix.slice(0, prefix.indexOf(':'));
      const { end } = under(prefix);
      keys.push(...history.getKeys({ start: endedBefore(prefix, now - (this.rules(app)?.history ?? 0)), end }));
      next = end;
    }
    return { keys, next };
  }
}

function packEntry(entry: HistoryEntry): Buffer {
  const { reason, createdAt, lastSeenAt, endedAt } = entry;
  const texts = TEXTS.flatMap((member) => {
    const text = entry[member] === null ? null : Buffer.from(entry[member]);
    return text === null ? [packNumber(0)] : [packNumber(text.length + 1), text];
  });
  // A clock that went back may have put the end before the beginning.
  const ago = [createdAt, lastSeenAt].map((instant) => packNumber(Math.max(0, Math.floor(endedAt - instant))));
  return Buffer.concat([packNumber(END_REASONS.indexOf(reason)), ...ago, ...texts]);
}

function unpackEntry(key: string, value: Buffer): HistoryEntry {
  const unpacker = new Unpacker(value);
  const endedAt = endedAtOf(key);
  const reason = END_REASONS[unpacker.number()]!;
  const createdAt = endedAt - unpacker.number();
  const lastSeenAt = endedAt - unpacker.number();
  const [label, ip, userAgent, by, note] = TEXTS.map(() => {
    const length = unpacker.number();
    return length === 0 ? null : unpacker.text(length - 1);
  }) as [string | null, string | null, string | null, string | null, string | null];
  return { session: idOf(key), label, ip, userAgent, createdAt, lastSeenAt, endedAt, reason, by, note };
}
