/** The options that several kinds of sources share, and what they say. */
import { readFile } from 'node:fs/promises';
import type { Given, SourceOption } from '../source.ts';
import { UsageFault } from '../source.ts';

export const KEEP_TOKENS: SourceOption = {
  value: null,
  text: 'the cookies that visitors have go on working (nothing else opens what is imported)',
};
export const SUBJECT: SourceOption = { value: 'PATH', text: 'where the user id is in the values, as in user.id' };
export const TIMEOUT: SourceOption = {
  value: 'SECONDS',
  text: 'how long a visit keeps a session: without it, what is left of its time does',
};
export const SECRET_FILE: SourceOption = {
  value: 'FILE',
  text: 'a file with the secret key, and older ones that count, one on each line',
};
export const PREFIX: SourceOption = { value: 'TEXT', text: 'what the names of its keys begin with' };

/** Errors: UsageFault, where it is not said that the tokens of others are taken. */
export function needKeepTokens({ has }: Given, kind: string): void {
  if (!has('keep-tokens')) {
    throw new UsageFault(`sessions of ${kind} can only be opened by the cookies that visitors have: say --keep-tokens`);
  }
}

/** Units: milliseconds. Absence: null when it is not given. Errors: UsageFault. */
export function timeoutOf({ text }: Given): number | null {
  const given = text('timeout');
  if (given === undefined) return null;
  const seconds = Number(given);
  if (!/^\d{1,10}$/.test(given) || seconds < 1 || seconds > 2_147_483_647) {
    throw new UsageFault('--timeout must be a whole number of seconds, from 1 to 2147483647');
  }
  return seconds * 1000;
}

/** Gives the keys of the file, the present one first. Absence: an empty list when none is given. Errors: UsageFault. */
export async function secretsOf({ text }: Given): Promise<readonly string[]> {
  const path = text('secret-file');
  if (path === undefined) return [];
  let content: string;
  try {
    content = await readFile(path, 'utf8');
  } catch (error) {
    throw new UsageFault(`--secret-file cannot be read: ${(error as NodeJS.ErrnoException).code}`);
  }
  const keys = content.split(/\r?\n/).filter((line) => line !== '');
  if (keys.length === 0) throw new UsageFault('--secret-file has no key in it');
  return keys;
}

/** Gives the names of --subject. Absence: null when it is not given. Errors: UsageFault. */
export function subjectPath({ text }: Given): readonly string[] | null {
  const path = text('subject')?.split('.') ?? null;
  if (path?.includes('')) throw new UsageFault('--subject must be names with dots between them, as in user.id');
  return path;
}
