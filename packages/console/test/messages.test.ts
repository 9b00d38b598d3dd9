/** The texts: every language has every one, with the same values in it, and each is used. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { de } from '../src/messages/de.ts';
import { en } from '../src/messages/en.ts';

const SRC = fileURLToPath(new URL('../src/', import.meta.url));
const LANGUAGES: Readonly<Record<string, Readonly<Record<string, unknown>>>> = { de };

const sources = readdirSync(SRC, { withFileTypes: true, recursive: true })
  .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
  .map((entry) => join(entry.parentPath, entry.name))
  .filter((path) => !/messages\/[a-z]{2}\.ts$/.test(path))
  .map((path) => readFileSync(path, 'utf8'))
  .join('\n');

/** Keys that code puts together: `reason.${reason}`. */
const prefixes = [...sources.matchAll(/`([a-z]+\.(?:[a-z]+\.)*)\$\{/gi)].map(([, prefix]) => prefix!);

/** Gives what a text makes of values that can be found again. Absence: null for a text without values. */
function shown(message: unknown, value: (i: number) => unknown): string | null {
  return typeof message === 'function'
    ? (message as (...values: unknown[]) => string)(...Array.from({ length: message.length }, (_, i) => value(i)))
    : null;
}

describe('messages', () => {
  for (const [language, messages] of Object.entries(LANGUAGES)) {
    test(`${language} has every text, and no other`, () => {
      assert.deepEqual(Object.keys(messages).sort(), Object.keys(en).sort());
    });

    test(`${language} shows in each text what English shows`, () => {
      for (const [key, message] of Object.entries(en)) {
        const other = messages[key];
        assert.equal(typeof other, typeof message, key);
        for (const value of [(i: number) => `‹${i}›`, (i: number) => 7001 + i]) {
          const found = (text: string | null) => text?.match(/‹\d›|700\d/g)?.sort() ?? null;
          assert.deepEqual(new Set(found(shown(other, value))), new Set(found(shown(message, value))), key);
        }
      }
    });
  }

  test('each text is used', () => {
    const unused = Object.keys(en).filter(
      (key) => !sources.includes(`'${key}'`) && !prefixes.some((prefix) => key.startsWith(prefix)),
    );
    assert.deepEqual(unused, []);
  });

  test('no text is empty, and none is told by the markup of a page', () => {
    for (const messages of [en, de]) {
      for (const [key, message] of Object.entries(messages)) {
        const text = shown(message, (i) => i + 1) ?? String(message);
        assert.notEqual(text.trim(), '', key);
        assert.doesNotMatch(text, /<[a-z]|&[a-z]+;/i, key);
      }
    }
  });
});
