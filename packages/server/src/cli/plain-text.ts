/**
 * Text of others on a terminal. What a session says of itself, somebody else has written: a control character in it could move the cursor
 * over what stands there, change the title of the window, or turn the order of letters round. Such characters are shown as `\u001b`.
 */

// C0 and C1, and what has Unicode write from right to left or join lines.
const UNSAFE = /[\p{Cc}\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/gu;

/** Gives the text as one line in which nothing but letters acts. */
export function visible(text: string): string {
  return text.replaceAll(UNSAFE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Gives a value as one line of JSON, with the same characters escaped: it means the same, and a terminal can show it. */
export function jsonLine(value: unknown): string {
  return visible(JSON.stringify(value));
}

const WIDE =
  /\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]/u;
let segmenter: Intl.Segmenter | null = null;

/** Made when a text needs it: most have none but ASCII, and a start is to be short. */
function graphemes(text: string): Iterable<Intl.SegmentData> {
  segmenter ??= new Intl.Segmenter();
  return segmenter.segment(text);
}

/** How many columns a terminal takes for a text without control characters. */
export function widthOf(text: string): number {
  // Nearly all text is this.
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let width = 0;
  for (const { segment } of graphemes(text))
    width += WIDE.test(segment) ? 2 : /^[\p{Mn}\p{Cf}]+$/u.test(segment) ? 0 : 1;
  return width;
}

/** Gives the text, or as much of its beginning as fits, with `…` at the end. Units: columns. */
export function cut(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let [kept, taken] = ['', 0];
  for (const { segment } of graphemes(text)) {
    taken += widthOf(segment);
    if (taken > width - 1) break;
    kept += segment;
  }
  return `${kept}…`;
}
