/** What the built console is: small, and such that the strict policy of its page lets all of it run. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const DIST = fileURLToPath(new URL('../../server/dist/console/', import.meta.url));
/** All of it, as it is sent: bytes of gzip. */
const MAX_BYTES = 80_000;

const files = readdirSync(DIST, { withFileTypes: true, recursive: true })
  .filter((entry) => entry.isFile())
  .map((entry) => ({ name: entry.name, bytes: readFileSync(join(entry.parentPath, entry.name)) }));

describe('the built console', () => {
  test('is at most 80 kB, compressed', () => {
    const sizes = files.map(({ name, bytes }) => ({ name, size: gzipSync(bytes, { level: 9 }).length }));
    const total = sizes.reduce((sum, { size }) => sum + size, 0);
    assert.ok(total <= MAX_BYTES, `${total} bytes: ${JSON.stringify(sizes)}`);
  });

  test('has a page without inline script or style, and nothing from elsewhere', () => {
    const page = files.find(({ name }) => name === 'index.html')!.bytes.toString();
    assert.doesNotMatch(page, /<style|\sstyle=|\son\w+=/i);
    for (const [, attributes, body] of page.matchAll(/<script([^>]*)>([^<]*)</g)) {
      assert.match(attributes!, /src="\/console\/assets\//);
      assert.equal(body!.trim(), '');
    }
    for (const [, address] of page.matchAll(/(?:href|src)="([^"]*)"/g))
      assert.match(address!, /^(?:\/console\/|data:)/);
  });

  test('writes no markup, evaluates no text and keeps nothing in the browser', () => {
    for (const { name, bytes } of files.filter((file) => file.name.endsWith('.js'))) {
      const text = bytes.toString();
      assert.doesNotMatch(text, /\bouterHTML\s*=|insertAdjacentHTML|document\.write|\beval\(|new Function\(/, name);
      assert.doesNotMatch(text, /localStorage|sessionStorage|indexedDB|document\.cookie/, name);
    }
  });
});
