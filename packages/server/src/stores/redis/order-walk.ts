/**
 * The order of activity of an app, from a place on, as far as it is asked for: the 256 partitions merged. The index has whole
 * seconds. A partition is read on only when it may still have entries above the second that is wanted, so nearly always each is
 * read once.
 */
import { byActivity, type Position } from '../../core/cursor.ts';
import { ID_LENGTH } from '../../core/token.ts';
import { parts } from './answers.ts';
import type { FanOut } from './fan-out.ts';
import { ALL_PARTITIONS, type Keys } from './keys.ts';
import { type Asked, Latest, type Place, type Places } from './places.ts';
import type { ScriptCalls } from './script-calls.ts';

/** Index entries have whole seconds. */
const SECOND = 1000;
const ENTRY_LENGTH = 24;
/** Entries of the index read in one step, but for a second that has more: half a millisecond of Redis. */
const STEP = 500;
/** Later than all that was seen in a second, and earlier than the next one. */
const FIRST_IN_SECOND = SECOND - 0.5;
/** Equal instants are in descending order of their ids. */
const LAST_ID = '0'.repeat(ID_LENGTH);

interface Entry {
  readonly id: string;
  readonly second: number;
}

/** How far a partition has been read. */
interface Reading {
  readonly partition: string;
  /** Where the next step begins, as positions.lua wants it; null when all was read. */
  from: string | null;
  /** All sessions seen in this second or later are known. */
  knownTo: number;
}

export interface Ordered extends Asked {
  /** Absence: null to begin with the latest. */
  readonly after: Position | null;
  /** About how many will be asked for. */
  readonly limit: number;
}

export class OrderWalk {
  private readonly fanOut: FanOut;
  private readonly calls: ScriptCalls;
  private readonly keys: Keys;
  private readonly places: Places;
  private readonly ordered: Ordered;
  private readonly readings: Reading[];
  /** Entries that were read, and not asked for yet. Latest first. */
  private waiting: Entry[] = [];
  private steps = 0;
  /** How far the first step came. */
  private firstTo = Number.NEGATIVE_INFINITY;
  private readonly latest = new Latest();

  constructor(fanOut: FanOut, calls: ScriptCalls, keys: Keys, places: Places, ordered: Ordered) {
    this.places = places;
    this.fanOut = fanOut;
    this.calls = calls;
    this.keys = keys;
    this.ordered = ordered;
    const { after } = ordered;
    const from = after === null ? '+inf' : String(after.lastSeenAt - (after.lastSeenAt % SECOND));
    const knownTo = Number.POSITIVE_INFINITY;
    this.readings = ALL_PARTITIONS.map((partition) => ({ partition, from, knownTo }));
  }

  /** The latest instant that a script decided by. */
  get at(): number {
    return this.latest.at;
  }

  /** As of Page: what the first step has read is exact, because a session that is touched later is shown all the same. */
  get exactTo(): number | null {
    return this.steps > 1 ? this.firstTo : null;
  }

  /** Gives the next places in order: about as many as asked for, whole seconds of them. Absence: null when there are no more. */
  async next(count: number): Promise<Place[] | null> {
    for (;;) {
      const wanted = this.waiting[count - 1]?.second ?? Number.NEGATIVE_INFINITY;
      const behind = this.readings.filter((reading) => isOpen(reading) && reading.knownTo > wanted);
      if (behind.length > 0) {
        await this.readOn(behind);
        continue;
      }
      const end = this.waiting.findIndex(({ second }) => second < wanted);
      const entries = this.waiting.splice(0, end < 0 ? this.waiting.length : end);
      return entries.length === 0 ? null : this.inOrder(entries);
    }
  }

  /** Reads the next entries of partitions. */
  private async readOn(readings: readonly Reading[]): Promise<void> {
    const { app, activeSince = 0, limit, now } = this.ordered;
    // An even share and some: partitions are even by their hash, small pages are not by chance.
    const share = 3 + Math.ceil((limit / ALL_PARTITIONS.length) * 1.5);
    this.steps++;
    await this.fanOut.each(this.fanOut.together(readings), async (group) => {
      for (let rest = group; rest.length > 0; ) {
        const keys = rest.map(({ partition }) => this.keys.partition(app, partition)[2]!);
        const args = [now, activeSince, share, STEP, ...rest.map(({ from }) => from!)];
        const answer = (await this.calls.call('positions', keys, now, args))!;
        const [at] = parts(answer, 'number');
        const [answers] = parts([answer.slice(1)], 'list');
        this.latest.note(at);
        const read = rest.slice(0, answers.length / 2);
        for (const [i, reading] of read.entries()) {
          readEntries(answers[i * 2]!, this.waiting);
          const last = String(answers[i * 2 + 1]);
          reading.from = last === '' ? null : `(${last}`;
          reading.knownTo = Number(last);
        }
        rest = rest.slice(read.length);
      }
    });
    this.waiting.sort((a, b) => b.second - a.second);
    if (this.steps === 1) this.firstTo = Math.max(...readings.filter(isOpen).map(({ knownTo }) => knownTo));
  }

  /** Gives where the sessions of entries stand, in order. */
  private async inOrder(entries: readonly Entry[]): Promise<Place[]> {
    const { after } = this.ordered;
    const places = (await this.places.of(this.ordered, entries, this.latest)).map(
      // One that was touched since its entry was read keeps its second, and comes first in it.
      ({ id, lastSeenAt, apart, of }) => ({ id, lastSeenAt: Math.min(lastSeenAt, of.second + FIRST_IN_SECOND), apart }),
    );
    return (after === null ? places : places.filter((place) => byActivity(after, place) < 0)).sort(byActivity);
  }
}

function isOpen({ from }: Reading): boolean {
  return from !== null;
}

/** Gives a place as a cursor has it, which knows no halves: one that comes first in its second ends the second above. */
export function cursorPlace({ id, lastSeenAt }: Position): Position {
  return Number.isInteger(lastSeenAt) ? { id, lastSeenAt } : { id: LAST_ID, lastSeenAt: Math.ceil(lastSeenAt) };
}

function readEntries(text: Buffer, into: Entry[]): void {
  for (let offset = 0; offset < text.length; offset += ENTRY_LENGTH) {
    const id = text.toString('latin1', offset, offset + ID_LENGTH);
    into.push({ id, second: text.readDoubleBE(offset + ID_LENGTH) });
  }
}
