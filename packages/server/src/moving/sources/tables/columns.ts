/** Takes the names of its columns out of a `CREATE TABLE`, or out of the list of an INSERT. */

/** Gives the names in lower case, in their order. Absence: an empty list where there are none. */
export function columnsOf(sql: string): string[] {
  const open = sql.indexOf('(');
  if (open === -1) return [];
  const names: string[] = [];
  for (const part of parts(sql.slice(open + 1))) {
    const [, quoted, plain] = /^\s*(?:["`[]([^"`\]]+)["`\]]|(\w+))/.exec(part) ?? [];
    if (quoted === undefined && isConstraint(plain)) continue;
    names.push((quoted ?? plain ?? '').toLowerCase());
  }
  return names;
}

function isConstraint(word: string | undefined): boolean {
  return word === undefined || /^(constraint|primary|unique|check|foreign|key|index|fulltext)$/i.test(word);
}

/** What stands between commas, up to the bracket that ends the list. */
function parts(text: string): string[] {
  const found: string[] = [];
  let depth = 0;
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    const sign = text[at];
    if (sign === '(') depth++;
    else if (sign === ')' && depth-- === 0) return [...found, text.slice(from, at)];
    else if (sign === ',' && depth === 0) {
      found.push(text.slice(from, at));
      from = at + 1;
    }
  }
  return [...found, text.slice(from)];
}
