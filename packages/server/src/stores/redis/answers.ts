/**
 * Takes apart what a script answers. Each caller names the parts that it takes, as the script's header does. An answer of
 * another shape is a failure of the store, and goes no further as something that it is not.
 */
import { unpackHash } from './hashes.ts';
import { unreadable } from './record.ts';

/** `pairs`: of a flat list, each two. Whatever is not text, and is read by somebody else, is `bytes`. */
const KINDS = {
  number: (part: unknown) => (typeof part === 'number' ? part : undefined),
  bytes: (part: unknown) => (Buffer.isBuffer(part) ? part : undefined),
  text: (part: unknown) => (Buffer.isBuffer(part) ? String(part) : undefined),
  list: (part: unknown) => (isList(part) ? part : undefined),
  texts: (part: unknown) => (isList(part) ? part.map(String) : undefined),
  pairs: (part: unknown) => (isList(part) && part.length % 2 === 0 ? inPairs(part) : undefined),
};

type Kind = keyof typeof KINDS;
type Parts<K extends readonly Kind[]> = { -readonly [I in keyof K]: NonNullable<ReturnType<(typeof KINDS)[K[I]]>> };

/** A token's hash, and the id that its alias leads to. */
export type Pair = readonly [hash: string, id: string];

/** Gives the first parts of an answer; there may be more. Errors: `store_unavailable` when one is not of its kind. */
export function parts<const K extends readonly Kind[]>(answer: readonly unknown[], ...kinds: K): Parts<K> {
  return kinds.map((kind, i) => {
    const part = KINDS[kind](answer[i]);
    if (part === undefined) throw unreadable(new Error(`part ${i + 1} of a script's answer is no ${kind}`));
    return part;
  }) as Parts<K>;
}

function isList(part: unknown): part is Buffer[] {
  return Array.isArray(part) && part.every(Buffer.isBuffer);
}

function inPairs(list: readonly Buffer[]): Pair[] {
  return list.flatMap((hash, i) => (i % 2 === 0 ? [[unpackHash(hash), String(list[i + 1])] as const] : []));
}
