/** Ids of sessions as they come: as words of a command, or as lines on standard input. */
import { createInterface } from 'node:readline';
import { UsageError } from '../arguments.ts';

const ID = /^[0-9a-f]{2}[A-Za-z0-9]{14}$/;

/** Errors: UsageError, without the word: it may be a token, which opens a session. */
export function checkIds(ids: readonly string[]): void {
  if (ids.every((id) => ID.test(id))) return;
  throw new UsageError(
    'an ID has 16 letters and digits: the public id of a session. A token is none; sessions show --token-stdin reads one from standard input',
  );
}

/** Reads ids, a line each: the id alone, or a JSON object with it, as --json writes them. Errors: UsageError, with the number of the line. */
export async function* idsOnInput(): AsyncGenerator<string, void, undefined> {
  let number = 0;
  for await (const line of createInterface({ input: process.stdin, terminal: false })) {
    number++;
    const text = line.trim();
    if (text === '') continue;
    const id = text.startsWith('{') ? idIn(text) : text;
    if (id === null || !ID.test(id)) throw new UsageError(`line ${number} of standard input has no id of a session`);
    yield id;
  }
}

/** Absence: null. */
function idIn(text: string): string | null {
  try {
    const { id } = JSON.parse(text) as { id?: unknown };
    return typeof id === 'string' ? id : null;
  } catch {
    return null;
  }
}
