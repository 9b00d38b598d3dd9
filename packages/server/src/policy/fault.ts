/** What is wrong with a policy file: where, and against which rule. */

export interface Fault {
  /** A JSON pointer (RFC 6901; `""` is the whole document), or line and column where the text is not JSON. */
  readonly where: string;
  /** Half a sentence: "must be …", "is not …". */
  readonly rule: string;
}

/** A file that is refused as a whole. The message has one line for each fault, each names the file. */
export class PolicyFault extends Error {
  override readonly name = 'PolicyFault';
  readonly path: string;
  readonly faults: readonly Fault[];

  constructor(path: string, faults: readonly Fault[]) {
    super(faults.map(({ where, rule }) => `${oneLine(path)}: ${oneLine(where)}: ${oneLine(rule)}`).join('\n'));
    this.path = path;
    this.faults = faults;
  }
}

/** Gives the pointer to a member. Absence: `""` for the whole document. */
export function pointerTo(path: readonly PropertyKey[]): string {
  if (path.length === 0) return '""';
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/** Names in a file may hold anything; a line stays one line, and short. */
function oneLine(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what must not reach a terminal
  const shown = text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, (c) => JSON.stringify(c).slice(1, -1));
  return shown.length > 300 ? `${shown.slice(0, 300)}…` : shown;
}
