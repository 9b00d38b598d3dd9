/**
 * Names that look like variables of ours and are none: a setting without effect is worse than one that is refused, so a name
 * that is nearly one of ours stops the start. Kubernetes makes variables for each service beside a pod, and for one called `rs` they
 * begin like ours; those are told apart by their form.
 */

const SERVICE = /^RS_(?:\w+_)?(?:SERVICE_(?:HOST|PORT(?:_\w+)?)|PORT_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)$/;
const SERVICE_PORT = /^RS_(?:\w+_)?PORT$/;
const SERVICE_ADDRESS = /^(?:tcp|udp|sctp):\/\//;

/** Tells whether Kubernetes made a variable, for a service beside the pod. */
export function isOfKubernetes(name: string, value: string): boolean {
  return SERVICE.test(name) || (SERVICE_PORT.test(name) && SERVICE_ADDRESS.test(value));
}

/** Gives the candidate that a name was probably meant to be. Absence: null when none is near, or the name is right. */
export function nearest(name: string, candidates: readonly string[]): string | null {
  let best: string | null = null;
  // In a short name, two letters are another word.
  let least = bare(name).length < 6 ? 1 : 2;
  for (const candidate of candidates) {
    const steps = stepsBetween(bare(name), bare(candidate));
    if (name !== candidate && (steps < least || (steps === least && best === null))) {
      best = candidate;
      least = steps;
    }
  }
  return best;
}

/** Gives the candidates that begin with the same word: `RS_AUDIT_FILE` is like `RS_AUDIT_LOG`, and yet no misspelling of it. */
export function alike(name: string, candidates: readonly string[]): string[] {
  const word = firstWord(name);
  return candidates.filter((candidate) => firstWord(candidate) === word);
}

function firstWord(name: string): string | undefined {
  return name.toUpperCase().split('_')[1];
}

/** Case and underscores are what people remember least of a name. */
function bare(name: string): string {
  return name.toUpperCase().replace(/^RS_/, '').replace(/[_-]/g, '');
}

/** Counts letters that are missing, too many, wrong, or in the place of their neighbour (Damerau and Levenshtein). */
function stepsBetween(one: string, other: string): number {
  let before: number[] = [];
  let row = Array.from({ length: other.length + 1 }, (_, j) => j);
  for (let i = 1; i <= one.length; i++) {
    const next = [i];
    for (let j = 1; j <= other.length; j++) {
      const same = one[i - 1] === other[j - 1];
      next[j] = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (same ? 0 : 1));
      const swapped = i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1];
      if (swapped) next[j] = Math.min(next[j]!, before[j - 2]! + 1);
    }
    before = row;
    row = next;
  }
  return row[other.length]!;
}
