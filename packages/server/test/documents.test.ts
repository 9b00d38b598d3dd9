/** What documents say of tests is true at least in this: the tests exist. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

const TEST_FILE = /`((?:[a-z0-9-]+\/)*[a-z0-9-]+(?:\.test)?\.ts)`/g;

for (const document of ['asvs', 'guarantees']) {
  test(`every test that docs/${document}.md names exists`, () => {
    const text = readFileSync(new URL(`../../../docs/${document}.md`, import.meta.url), 'utf8');
    const named = [...text.matchAll(TEST_FILE)].map((match) => match[1]!);
    assert.ok(named.length > 10);
    for (const file of named) assert.ok(existsSync(new URL(file, import.meta.url)), file);
  });
}
