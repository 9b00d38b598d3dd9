/** Colours on a terminal: few, and none that a meaning hangs on alone. */

const CODES = { bold: [1, 22], dim: [2, 22], red: [31, 39], green: [32, 39], yellow: [33, 39] } as const;

export type Colour = keyof typeof CODES;

/** Gives a text in a colour, or as it is. */
export type Paint = (colour: Colour, text: string) => string;

/**
 * Whether what is written here has colours. FORCE_COLOR says yes (0 and false: no) wherever it goes, then NO_COLOR says no; else a
 * terminal has them that is not `dumb`. Empty variables say nothing (no-color.org, force-color.org).
 */
export function hasColours(isTTY: boolean, { FORCE_COLOR, NO_COLOR, TERM }: NodeJS.ProcessEnv): boolean {
  if (FORCE_COLOR) return FORCE_COLOR !== '0' && FORCE_COLOR !== 'false';
  return !NO_COLOR && isTTY && TERM !== 'dumb';
}

export function paintFor(isTTY: boolean, environment: NodeJS.ProcessEnv): Paint {
  if (!hasColours(isTTY, environment)) return (_, text) => text;
  return (colour, text) => `\x1b[${CODES[colour][0]}m${text}\x1b[${CODES[colour][1]}m`;
}
