/** What a value is that was not allowed, in words: so that nobody has to guess whether the form was wrong or the place it leads to. */
import { accessSync, constants, statSync } from 'node:fs';

/** `isPath`: the variable names a file. */
export function kindOf(text: string, isPath: boolean): string {
  if (isPath) return `it leads to ${whatIsAt(text)}`;
  const form = FORMS.find(([pattern]) => pattern.test(text));
  return `it is ${form?.[1] ?? 'text'}`;
}

const FORMS: readonly (readonly [pattern: RegExp, words: string])[] = [
  [/^\s*$/, 'empty'],
  [/^\s|\s$/, 'text with white space around it'],
  [/^\d+$/, 'a whole number'],
  [/^-\d+(?:\.\d+)?$/, 'a negative number'],
  [/^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i, 'a number in another form'],
  [/^\d+(?:\.\d+)?\s*[a-zµ%]+$/i, 'a number with a unit'],
  [/^[a-z][a-z0-9+.-]*:\/\//i, 'a URL'],
  [/^\.{0,2}\//, 'a path'],
  [/[,;\s]/, 'a list'],
];

function whatIsAt(path: string): string {
  try {
    const found = statSync(path);
    if (found.isDirectory()) return 'a folder';
    accessSync(path, constants.R_OK);
    return found.isFile() ? 'a file' : 'what is no file';
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'EACCES' ? 'what this account may not read' : 'nothing';
  }
}
