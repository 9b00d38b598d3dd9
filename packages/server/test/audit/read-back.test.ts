/** The audit log read from its end: all lines and each once, in bounded memory, whatever has become of the file. */
import assert from 'node:assert/strict';
import { appendFileSync, renameSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { auditReader } from '../../src/audit/audit-reader.ts';
import { readBack } from '../../src/audit/read-back.ts';
import type { ServiceError } from '../../src/core/errors.ts';
import { type Cleanup, temporaryFolder } from '../support/server.ts';

const line = (n: number, more: object = {}) =>
  `${JSON.stringify({ time: '2026-11-28T21:40:12.345Z', act: 'session.end', outcome: 'done', n, ...more })}\n`;
const numbersIn = (entries: readonly string[]) => entries.map((entry) => JSON.parse(entry).n as number);
const down = (from: number, to: number) => Array.from({ length: from - to + 1 }, (_, i) => from - i);

function fileWith(cleanup: Cleanup, text: string): string {
  const path = join(temporaryFolder(cleanup), 'audit.log');
  writeFileSync(path, text);
  return path;
}

/** A file that counts what is read of it. */
async function counted(cleanup: Cleanup, path: string) {
  const handle: FileHandle = await open(path, 'r');
  cleanup.after(() => handle.close());
  let bytes = 0;
  const read: FileHandle['read'] = (async (...args: Parameters<FileHandle['read']>) => {
    const answer = await handle.read(...args);
    bytes += answer.bytesRead;
    return answer;
  }) as never;
  return { file: { read } as never, size: statSync(path).size, bytes: () => bytes };
}

/** Gives all entries, page by page. */
async function all(path: string, limit: number): Promise<string[]> {
  const read = auditReader(path);
  const entries: string[] = [];
  for (let before: string | null = null; ; ) {
    const page = await read(before, limit);
    entries.push(...page.entries);
    if (page.next === null) return entries;
    assert.notEqual(page.next, before);
    before = page.next;
  }
}

describe('a file of 100,000 lines', () => {
  test('is not read further than a page needs', async (t) => {
    const path = fileWith(t, Array.from({ length: 100_000 }, (_, n) => line(n)).join(''));
    const { file, size, bytes } = await counted(t, path);
    assert.ok(size > 8_000_000);
    const first = await readBack(file, size, 100);
    assert.deepEqual(numbersIn(first.entries), down(99_999, 99_900));
    assert.ok(bytes() <= 65_536, `${bytes()} bytes for the newest 100 entries`);
    const second = await readBack(file, first.next!, 1000);
    assert.deepEqual(numbersIn(second.entries), down(99_899, 98_900));
    assert.ok(bytes() <= 65_536 + 3 * 65_536, `${bytes()} bytes with 1,000 more`);
  });

  test('is read to its begin by cursors, each line once, also while it grows', async (t) => {
    const path = fileWith(t, Array.from({ length: 5_000 }, (_, n) => line(n)).join(''));
    assert.deepEqual(numbersIn(await all(path, 333)), down(4_999, 0));
    const read = auditReader(path);
    const { entries, next } = await read(null, 10);
    appendFileSync(path, line(5_000));
    assert.deepEqual(numbersIn(entries), down(4_999, 4_990));
    assert.deepEqual(numbersIn((await read(next, 10)).entries), down(4_989, 4_980));
    assert.deepEqual(numbersIn((await read(null, 1)).entries), [5_000]);
  });
});

describe('what is no entry', () => {
  test('is passed over: a line that is not whole, torn ones, other texts, empty lines', async (t) => {
    const texts = [
      line(1),
      '{"time":"2026-11-28T21:40:12.345Z","act":"session.e\n',
      line(2, { reason: 'grün ☂'.repeat(20) }),
      '\n',
      'not JSON\n[]\n{"time":1,"act":"x"}\nnull\n{}\n',
      line(3),
      line(4).slice(0, -10),
    ];
    for (const limit of [1, 2, 100]) {
      assert.deepEqual(numbersIn(await all(fileWith(t, texts.join('')), limit)), [3, 2, 1], `${limit}`);
    }
    // The last line is whole, and its end of line is not there yet.
    assert.deepEqual(numbersIn(await all(fileWith(t, line(1) + line(2).trimEnd()), 10)), [2, 1]);
    for (const text of ['', '\n', 'x', '\n\n\n']) assert.deepEqual(await all(fileWith(t, text), 10), [], text);
  });

  test('is passed over in bounded memory, however long it is', async (t) => {
    const path = fileWith(t, `${line(1)}${'x'.repeat(20_000_000)}\n${line(2)}`);
    const { file, size, bytes } = await counted(t, path);
    const page = await readBack(file, size, 100);
    assert.deepEqual(numbersIn(page.entries), [2]);
    assert.ok(bytes() <= 8_388_608, 'a page ends before all of it was read');
    assert.deepEqual(numbersIn(await all(path, 100)), [2, 1]);
  });

  test('entries that are long make a page short', async (t) => {
    const changes = Array.from({ length: 20_000 }, (_, i) => `/apps/app${i}/idleTimeout: 1 → 2`);
    const path = fileWith(t, Array.from({ length: 8 }, (_, n) => line(n, { changes })).join(''));
    const page = await auditReader(path)(null, 1000);
    assert.ok(page.entries.length < 8 && page.next !== null);
    assert.deepEqual(numbersIn(await all(path, 1000)), down(7, 0));
  });
});

describe('a file that was rotated', () => {
  test('away: the new one begins the list, and a cursor of the old one ends it', async (t) => {
    const path = fileWith(t, [line(1), line(2), line(3)].join(''));
    const read = auditReader(path);
    const { next } = await read(null, 1);
    renameSync(path, `${path}.1`);
    assert.deepEqual(await read(null, 1), { on: true, readable: true, entries: [], next: null });
    writeFileSync(path, [line(10), line(11), line(12), line(13)].join(''));
    assert.deepEqual(numbersIn((await read(null, 2)).entries), [13, 12]);
    assert.deepEqual(await read(next, 1), { on: true, readable: true, entries: [], next: null });
  });

  test('in its place: a cursor leads nowhere, also when the file is longer again than it was', async (t) => {
    const path = fileWith(t, [line(1), line(2), line(3)].join(''));
    const read = auditReader(path);
    const { next } = await read(null, 1);
    truncateSync(path, 0);
    assert.deepEqual((await read(next, 1)).entries, []);
    const later = Array.from({ length: 9 }, (_, n) => line(n).replace('21:40', '22:40'));
    appendFileSync(path, later.join(''));
    assert.deepEqual((await read(next, 1)).entries, []);
    assert.deepEqual(numbersIn((await read(null, 1)).entries), [8]);
  });

  test('and a cursor that is none is said to be wrong, and a file that cannot be read is', async (t) => {
    const path = fileWith(t, line(1));
    const read = auditReader(path);
    for (const cursor of ['', '1', 'x', '-1.0123456789abcdef', `${'9'.repeat(16)}.0123456789abcdef`, '../etc/passwd']) {
      await assert.rejects(read(cursor, 1), (error: ServiceError) => error.code === 'invalid_cursor', cursor);
    }
    rmSync(path);
    const folder = auditReader(join(path, '..'));
    assert.deepEqual(await folder(null, 1), { on: true, readable: false, entries: [], next: null });
    const below = fileWith(t, '');
    await assert.rejects(
      auditReader(join(below, 'audit.log'))(null, 1),
      (error: ServiceError) => error.code === 'audit_unavailable' && !error.message.includes(below),
    );
  });
});
