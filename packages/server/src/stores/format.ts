/**
 * The format of a store: a number for what a version must know to read it, its records and its layout (format.ts of each engine).
 * A version notes the one it writes before it writes, so that an earlier version, which would misread it, says so at its start. A
 * store without a note is of a version that noted none, and is opened.
 */

/** Whose sessions are meant: the store in words, and its namespace. */
export interface Noted {
  readonly store: string;
  readonly namespace: string;
  /** What is noted. Absence: null. */
  readonly format: number | string | null;
  /** The highest format that this version reads. */
  readonly known: number;
}

/** Says why this version may not use a store, in a sentence for the operator. Absence: null when it may. */
export function newerFormat({ store, namespace, format, known }: Noted): string | null {
  if (format === null || (Number.isInteger(Number(format)) && Number(format) <= known)) return null;
  return `a newer version of rest-sessions wrote the sessions of the namespace ${namespace} in ${store}: they have format ${format}, and this version reads formats up to ${known}; start the newer version, restore the copy that was made before it, or set RS_NAMESPACE to another name to begin without sessions`;
}
