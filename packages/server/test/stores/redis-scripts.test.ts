/** The scripts are what their headers and the table say. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { SCRIPTS as ADOPT_SCRIPTS } from '../../src/adopting/scripts.ts';
import { loadScripts, SCRIPTS } from '../../src/stores/redis/scripts.ts';

const FOLDER = new URL('../../lua/', import.meta.url);
const filesIn = (folder: URL) =>
  readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name: file }) => ({ name: file.replace(/\.lua$/, ''), text: readFileSync(new URL(file, folder), 'utf8') }));
const files = filesIn(FOLDER);
const libraries = files.filter(({ text }) => text.startsWith('-- LIBRARY '));
const verbs = files.filter((file) => !libraries.includes(file));

describe('scripts', () => {
  test('every file is in the table, and the other way round', () => {
    assert.deepEqual(verbs.map(({ name }) => name).sort(), Object.keys(SCRIPTS).sort());
  });

  test('every header names the script, its keys, arguments, answer, and why it is one step', () => {
    for (const { name, text } of verbs) {
      const header = /^(?:--.*\n)+/.exec(text)![0];
      assert.match(header, new RegExp(`^-- ${name}: .+\\.\\n`), `${name}: the first line`);
      for (const field of ['KEYS', 'ARGV', 'RETURNS', 'ATOMIC']) {
        assert.match(header, new RegExp(`^-- ${field}: .+$`, 'm'), `${name}: ${field}`);
      }
    }
    for (const { name, text } of libraries) assert.match(text, new RegExp(`^-- LIBRARY ${name}: `));
  });

  test('every script takes as many keys as the table and its header say', () => {
    for (const { name, text } of verbs) {
      const keys = /^-- KEYS: ([^(\n]+?)(?: \((?:for|of) each .+\))?(?: \(of the partition\))?$/m.exec(text);
      const { keys: count, repeats } = SCRIPTS[name as keyof typeof SCRIPTS];
      assert.equal(keys?.[1]?.split(', ').length, count, name);
      assert.equal(/^-- KEYS: .+\((?:for|of) each /m.test(text), repeats, name);
    }
  });

  test('no file is longer than 60 lines, and none walks the key space or configures the server', () => {
    for (const { name, text } of files) {
      assert.ok(text.trimEnd().split('\n').length <= 60, `${name} is too long`);
      assert.doesNotMatch(text, /'(?:KEYS|SCAN|CONFIG|SUBSCRIBE|RANDOMKEY|FLUSH\w+|EVAL\w*)'|cjson/, name);
    }
  });

  test('a script holds its libraries, and no comment is sent to the server', () => {
    for (const [name, { text, sha }] of Object.entries(loadScripts())) {
      assert.doesNotMatch(text, /^\s*--/m, name);
      assert.match(sha, /^[0-9a-f]{40}$/);
      if (/^-- INCLUDES: (?:clock|record)/m.test(verbs.find((file) => file.name === name)!.text)) {
        assert.ok(text.includes('local function clock('), name);
      }
    }
  });

  test('those that run in the old Redis say the same of themselves, and need nothing that it may not have', () => {
    const scripts = filesIn(new URL('adopt/', FOLDER));
    assert.deepEqual(scripts.map(({ name }) => name).sort(), Object.keys(ADOPT_SCRIPTS).sort());
    for (const { name, text } of scripts) {
      for (const field of ['KEYS', 'ARGV', 'RETURNS', 'ATOMIC'])
        assert.match(text, new RegExp(`^-- ${field}: .+$`, 'm'));
      const keys = /^-- KEYS: ([^(\n]+)/m.exec(text)![1]!.split(', ').length;
      assert.equal(keys, ADOPT_SCRIPTS[name as keyof typeof ADOPT_SCRIPTS], name);
      assert.ok(text.trimEnd().split('\n').length <= 60, `${name} is too long`);
      assert.doesNotMatch(text, /'(?:KEYS|SCAN|CONFIG|FLUSH\w+|EVAL\w*|GETDEL|ZMSCORE)'|cjson/, name);
    }
  });
});
