/**
 * The stored form of a journal. Its newest events stand in its head, together with all that is known of it: so a transaction reads and
 * writes one value for all its events. What fills a block is moved into a value of its own, and is never written again until it is
 * trimmed.
 *
 *   head    0 form   1 last   17 floor   33 count   41 events   49 bytes   57 first   73 events of the tail
 *           u8       2 f64    2 f64      f64        f64         f64        2 f64
 *   event   milliseconds behind the one before it (0 of the first) · length of the line · line (core/event-line.ts)
 *
 * Numbers of an event as packed.ts has them. The place of the first event of a block is in its key, that of a tail in the head.
 */
import type { Position } from '../../core/events.ts';
import { pack, Unpacker } from './packed.ts';

/** A block, or a head with its tail, has a page of its own, and fills it. (Of values of half a page, LMDB puts one on each.) Units: bytes. */
export const BLOCK = 4000;

const FORM = 1;
const TAIL = 73;

/** A position as numbers. */
export interface Place {
  readonly ms: number;
  readonly nth: number;
}
export const BEGINNING: Place = Object.freeze({ ms: 0, nth: 0 });

export interface Head {
  readonly last: Place;
  readonly floor: Place;
  /** How many events there ever were: the number of the last one. They have no gaps. */
  readonly count: number;
  /** Those that are kept. */
  readonly events: number;
  readonly bytes: number;
  /** Where the first event of the tail stands, if there is one. */
  readonly first: Place;
  readonly tail: Buffer;
}
export const EMPTY: Head = Object.freeze({
  last: BEGINNING,
  floor: BEGINNING,
  count: 0,
  events: 0,
  bytes: 0,
  first: BEGINNING,
  tail: Buffer.alloc(0),
});

export function placeOf(position: Position): Place {
  const [ms, nth] = position.split('-').map(Number);
  return { ms: ms!, nth: nth! };
}

export const positionOf = ({ ms, nth }: Place): Position => `${ms}-${nth}`;

export const compare = (a: Place, b: Place): number => a.ms - b.ms || a.nth - b.nth;

/** Gives where an event comes to stand, at an instant, behind the last one. */
export function placeBehind(last: Place, now: number): Place {
  return now > last.ms ? { ms: now, nth: 0 } : { ms: last.ms, nth: last.nth + 1 };
}

export function packHead({ last, floor, count, events, bytes, first, tail }: Head): Buffer {
  const packed = Buffer.allocUnsafe(TAIL + tail.length);
  packed[0] = FORM;
  const numbers = [last.ms, last.nth, floor.ms, floor.nth, count, events, bytes, first.ms, first.nth];
  for (const [i, value] of numbers.entries()) packed.writeDoubleBE(value, 1 + 8 * i);
  tail.copy(packed, TAIL);
  return packed;
}

/** Keeps nothing of the bytes. Errors: a form of another version. */
export function unpackHead(packed: Buffer): Head {
  if (packed[0] !== FORM) throw new Error(`a journal of form ${packed[0]}; this version reads form ${FORM}`);
  const at = (i: number) => packed.readDoubleBE(1 + 8 * i);
  const place = (i: number) => ({ ms: at(i), nth: at(i + 1) });
  const tail = Buffer.from(packed.subarray(TAIL));
  return { last: place(0), floor: place(2), count: at(4), events: at(5), bytes: at(6), first: place(7), tail };
}

/** Gives where a journal ends, of the bytes of its head. */
export function lastOf(packed: Buffer): Place {
  return { ms: packed.readDoubleBE(1), nth: packed.readDoubleBE(9) };
}

export function packLine(line: string, behind: number): Buffer {
  return pack([behind, Buffer.byteLength(line)], line);
}

/** One event of a block. */
export interface Line {
  readonly place: Place;
  readonly text: string;
  /** Where in the block it begins, and where it ends. */
  readonly from: number;
  readonly to: number;
}

export function linesOf(block: Buffer, first: Place): Line[] {
  const lines: Line[] = [];
  const unpacker = new Unpacker(block);
  let place = first;
  while (!unpacker.isAtEnd) {
    const from = unpacker.at;
    const behind = unpacker.number();
    if (lines.length > 0) place = placeBehind(place, place.ms + behind);
    const text = unpacker.text(unpacker.number());
    lines.push({ place, text, from, to: unpacker.at });
  }
  return lines;
}

/** Gives the number of an event. */
export function countOf({ text }: Line): number {
  return Number(text.split('\n', 2)[1]);
}
