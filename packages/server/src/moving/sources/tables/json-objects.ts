/** The objects of a JSON array or of JSON lines, one after the other: what `manage.py dumpdata` writes, however it is indented. */
import { WrongSource } from '../../source.ts';
import { LONGEST_PIECE, type TextFile } from './text-file.ts';

/** Gives each object parsed. Errors: WrongSource when it is no such file, or cut off. */
export async function* objectsOf(file: TextFile): AsyncGenerator<Readonly<Record<string, unknown>>> {
  const isArray = /^\ufeff?\s*\[/.test(await file.head());
  let text = '';
  let at = 0;
  let depth = 0;
  let isInText = false;
  for (let piece = await file.next(); piece !== null; piece = await file.next()) {
    text += piece;
    if (text.length > LONGEST_PIECE) throw new WrongSource(`${file.name} has an object that is too long`);
    for (; at < text.length; at++) {
      const sign = text[at];
      if (isInText) {
        if (sign === '\\') at++;
        else if (sign === '"') isInText = false;
      } else if (sign === '"') isInText = true;
      else if (sign === '{' && depth++ === 0) {
        text = text.slice(at);
        at = 0;
      } else if (sign === '}' && --depth === 0) {
        yield parsed(text.slice(0, at + 1), file);
        text = text.slice(at + 1);
        at = -1;
      }
    }
  }
  if (depth > 0 || (isArray && !/^[\s,]*\]\s*$/.test(text))) throw file.cutOff();
}

function parsed(text: string, file: TextFile): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    throw new WrongSource(`${file.name} is no JSON`);
  }
}
