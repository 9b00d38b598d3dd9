/** Texts in the reader's language: `t('login.submit')`. Reads a signal, so what shows a text changes with the language. */
import type { Problem } from '../api/problem.ts';
import { type Language, language } from '../state/settings.ts';
import { de } from './de.ts';
import { en, type Messages } from './en.ts';
import { duration } from './times.ts';

const ALL: Readonly<Record<Language, Messages>> = { en, de };

export type MessageKey = keyof Messages;
type Values<Key extends MessageKey> = Messages[Key] extends (...values: infer Given) => string ? Given : [];

export function t<Key extends MessageKey>(key: Key, ...values: Values<Key>): string {
  const message: string | ((...values: never[]) => string) = ALL[language.value][key];
  return typeof message === 'string' ? message : (message as (...values: unknown[]) => string)(...values);
}

/** Gives the text of a key that is put together, such as that of a reason the server knows. Absence: null. */
export function textOf(key: string, ...values: unknown[]): string | null {
  if (!Object.hasOwn(en, key)) return null;
  return (t as (key: string, ...values: unknown[]) => string)(key, ...values);
}

/** Gives what to tell of an error: our sentence where there is one, else the server's. */
export function problemText({ code, detail, retryAfter }: Problem): string {
  if (code === 'rate_limited') return t('problem.rate_limited', retryAfter);
  return textOf(`problem.${code}`) ?? t('problem.other', code, detail);
}

/** Gives a number with the separators of the language. */
export function number(value: number): string {
  return value.toLocaleString(language.value);
}

/** Gives a length of time in the reader's language. Units: seconds. */
export function lengthOf(seconds: number): string {
  return duration(seconds, language.value);
}
