/**
 * What has ended of each subject. An entry is found by its subject, and the latest comes first; its key says when it ended, so what is
 * too old is found without reading it. With its key and the name of its app it has 200 bytes at most.
 *
 *   reason · first seen, last seen: milliseconds before its end · how long label, ip, user agent, by and note are, and 1; 0 for null · they
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
import { pack, Unpacker } from './packed.ts';
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

  /** Adds what has ended. Each eighth time it removes what is more than a subject may have, which takes as long. In a transaction. */
  add(end: End): void {
    const { app, subject, id } = end.session;
    if (subject === null) return;
    const { history } = this.kept;
    const prefix = subjectPrefix(app, subject);
    const more = KEY_BYTES + app.length + id.length + VALUE_BYTES - SAID_BYTES;
    void history.put(historyKey(prefix, end.at, id), packEntry(historyEntryOf(end, HISTORY_BYTES - more)));
    if (!isChosen(id)) return;
    const surplus = { ...under(prefix), offset: HISTORY_ENTRIES, limit: LOOK_SLICE };
    for (const old of [...history.getKeys(surplus)]) void history.remove(old);
  }

  /** As Journal.history. */
  of(app: string, subject: string, now: number): Promise<HistoryEntry[]> {
    return this.tables.read(() => {
      const kept = this.rules(app)?.history ?? null;
      if (kept === null) return [];
      const prefix = subjectPrefix(app, subject);
      const limit = HISTORY_ENTRIES;
      const range = { start: under(prefix).start, end: endedBefore(prefix, this.decidedAt(now) - kept), limit };
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
    if (!this.tables.format.hasJournal) return;
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

/** Ids are drawn, and so is the choice. */
function isChosen(id: string): boolean {
  return id.charCodeAt(id.length - 1) % 8 === 0;
}

function packEntry(entry: HistoryEntry): Buffer {
  const { reason, createdAt, lastSeenAt, endedAt } = entry;
  // A clock that went back may have put the end before the beginning.
  const ago = [createdAt, lastSeenAt].map((instant) => Math.max(0, Math.floor(endedAt - instant)));
  const texts = TEXTS.map((member) => entry[member]);
  const lengths = texts.map((text) => (text === null ? 0 : Buffer.byteLength(text) + 1));
  return pack([END_REASONS.indexOf(reason), ...ago, ...lengths], texts.join(''));
}

function unpackEntry(key: string, value: Buffer): HistoryEntry {
  const unpacker = new Unpacker(value);
  const endedAt = endedAtOf(key);
  const reason = END_REASONS[unpacker.number()]!;
  const createdAt = endedAt - unpacker.number();
  const lastSeenAt = endedAt - unpacker.number();
  const lengths = TEXTS.map(() => unpacker.number());
  const texts = lengths.map((length) => (length === 0 ? null : unpacker.text(length - 1)));
  const [label, ip, userAgent, by, note] = texts as [
    string | null,
    string | null,
    string | null,
    string | null,
    string | null,
  ];
  return { session: idOf(key), label, ip, userAgent, createdAt, lastSeenAt, endedAt, reason, by, note };
}
