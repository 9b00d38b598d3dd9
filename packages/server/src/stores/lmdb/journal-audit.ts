/**
 * The journals against what is known of them: numbers without gaps, places that rise, as many as are said to be kept. A repair keeps the
 * newest events up to the first gap before them; what stands before it is dropped, as by a trim, which whoever listens is told of.
 */
import type { Transaction } from 'lmdb';
import type { AuditOptions } from '../audit.ts';
import { compare, countOf, EMPTY, type Head, type Line, linesOf, type Place, unpackHead } from './journal-block.ts';
import { placeOfBlock, under } from './keys.ts';
import { INDEX_SLICE, slices } from './slices.ts';
import type { Tables } from './tables.ts';

export async function auditJournals(tables: Tables, { repair, onFinding }: AuditOptions): Promise<void> {
  const { journals } = tables;
  // A store of an earlier version, opened for reading alone, has none.
  if (journals.heads === undefined) return;
  for (const app of await tables.read(() => journals.apps())) {
    if (await tables.snapshot((snapshot) => isRight(tables, app, snapshot))) continue;
    const mended = repair ? await tables.transaction(() => mend(tables, app)) : null;
    const message = 'its journal has gaps, or is kept wrong: who listens may miss what happened to sessions';
    onFinding({ kind: 'fault', code: 'journal', where: `journals ${app}`, message, mended });
  }
}

async function isRight({ journals }: Tables, app: string, snapshot: Transaction): Promise<boolean> {
  try {
    const bytes = journals.heads.get(app, { transaction: snapshot });
    const head = bytes === undefined ? EMPTY : unpackHead(bytes);
    const reach = { number: head.count - head.events, place: head.floor };
    let length = head.tail.length;
    for await (const entries of slices(journals.blocks, under(app), snapshot, INDEX_SLICE)) {
      for (const { key } of entries) {
        const block = journals.blocks.get(key, { transaction: snapshot })!;
        length += block.length;
        if (!follow(linesOf(block, placeOfBlock(key)), reach)) return false;
      }
    }
    const isWhole = follow(linesOf(head.tail, head.first), reach) && reach.number === head.count;
    return isWhole && length === head.bytes && (head.events === 0 || compare(reach.place, head.last) === 0);
  } catch {
    // It cannot be taken apart.
    return false;
  }
}

/** Tells whether lines go on where those before ended. Moves `reach` to their end. */
function follow(lines: readonly Line[], reach: { number: number; place: Place }): boolean {
  for (const line of lines) {
    if (countOf(line) !== reach.number + 1 || compare(line.place, reach.place) <= 0) return false;
    reach.number++;
    reach.place = line.place;
  }
  return true;
}

/** In a transaction. Absence: null when nothing can be done. */
function mend({ journals }: Tables, app: string): string | null {
  let head: Head;
  try {
    head = journals.head(app);
  } catch {
    return null;
  }
  let number = head.count;
  let bytes = 0;
  let oldest: Place | null = null;
  /** Tells whether a block stands right before what is kept so far, and keeps it then. */
  const keeps = (block: Buffer, first: Place): boolean => {
    const lines = readable(block, first);
    if (lines.length === 0 || !follow(lines, { number: number - lines.length, place: { ms: -1, nth: 0 } }))
      return false;
    number -= lines.length;
    bytes += block.length;
    oldest = lines[0]!.place;
    return true;
  };
  const hasTail = keeps(head.tail, head.first);
  let isGap = head.tail.length > 0 && !hasTail;
  for (const key of [...journals.blocks.getKeys(under(app))].reverse()) {
    isGap ||= !keeps(journals.blocks.get(key)!, placeOfBlock(key));
    if (isGap) void journals.blocks.remove(key);
  }
  const tail = hasTail ? head.tail : EMPTY.tail;
  const floor = oldest === null ? head.last : before(oldest);
  journals.putHead(app, { ...head, events: head.count - number, bytes, floor, tail });
  return 'what stood before a gap was dropped';
}

function readable(block: Buffer, first: Place): Line[] {
  try {
    return linesOf(block, first);
  } catch {
    return [];
  }
}

function before({ ms, nth }: Place): Place {
  return nth > 0 ? { ms, nth: nth - 1 } : { ms: ms - 1, nth: 0 };
}
