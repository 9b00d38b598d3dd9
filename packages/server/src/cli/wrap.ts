/** Breaks text into lines. */

/**
 * Breaks at spaces so that no line is longer than `width`, a word that is longer apart. Of the text, an empty line begins a new paragraph,
 * and any other break of a line means nothing. Row of spaces within a line stay. `first`, `others`: what the lines are moved in by. Units: characters.
 */
export function wrap(text: string, width: number, first = 0, others = first): string {
  return text
    .trim()
    .split(/\n\s*\n/)
    .map((paragraph) => paragraphOf(paragraph.replaceAll(/\s*\n\s*/g, ' '), width, first, others))
    .join('\n\n');
}

function paragraphOf(text: string, width: number, first: number, others: number): string {
  const lines: string[] = [];
  let line = ' '.repeat(first);
  let isEmpty = true;
  // A space at the begin of a part belongs to it: `name      text`.
  for (const part of text.match(/ *[^ ]+/g) ?? []) {
    if (!isEmpty && line.length + part.length > width) {
      lines.push(line);
      line = ' '.repeat(others) + part.trimStart();
    } else line += isEmpty ? part.trimStart() : part;
    isEmpty = false;
  }
  return [...lines, line].join('\n');
}
