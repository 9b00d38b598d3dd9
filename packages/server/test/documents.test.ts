/** What documents say of tests is true at least in this: the tests exist. And their links lead somewhere. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const TEST_FILE = /`((?:[a-z0-9-]+\/)*[a-z0-9-]+(?:\.test)?\.ts)`/g;

for (const document of ['asvs', 'guarantees']) {
  test(`every test that docs/${document}.md names exists`, () => {
    const text = readFileSync(new URL(`../../../docs/${document}.md`, import.meta.url), 'utf8');
    const named = [...text.matchAll(TEST_FILE)].map((match) => match[1]!);
    assert.ok(named.length > 10);
    for (const file of named) assert.ok(existsSync(new URL(file, import.meta.url)), file);
  });
}

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** The documents of a folder, by their paths in the repository. */
function documentsIn(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => join(folder, file));
}

/** What the headings of a document are called in links, as GitHub and the pages of the server call them. */
function anchorsOf(text: string): Set<string> {
  const headings = [...text.matchAll(/^#+ (.*)$/gm)].map((match) => match[1]!);
  return new Set(
    headings.map((words) =>
      words
        .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

test('every link of a document to another one, or to a part of it, leads there', () => {
  const documents = [...documentsIn('docs'), 'README.md', 'UPGRADING.md', 'CONTRIBUTING.md', 'SECURITY.md'];
  const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');
  const lost: string[] = [];
  let seen = 0;
  for (const document of documents) {
    for (const [, href = ''] of read(document).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(href)) continue;
      seen++;
      const [path = '', anchor] = href.split('#');
      const file = path === '' ? document : normalize(join(dirname(document), path));
      const isThere = existsSync(join(ROOT, file));
      const isPart = anchor === undefined || !file.endsWith('.md') || (isThere && anchorsOf(read(file)).has(anchor));
      if (!isThere || !isPart) lost.push(`${document}: ${href}`);
    }
  }
  assert.deepEqual(lost, []);
  assert.ok(seen > 150, `${seen}`);
});
