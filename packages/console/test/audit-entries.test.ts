import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type AuditEntry, type AuditPage, find, restOf } from '../src/views/audit/entries.ts';

const EVERYTHING = { who: '', act: '', app: '' };
const line = (id: number, outcome: string, more: Partial<AuditEntry> = {}): AuditEntry => ({
  ...{ time: '2026-11-29T12:00:00.000Z', act: 'session.end', outcome, id: `a${id}`, key: 'support', app: 'shop' },
  ...more,
});

/** A log in pages of a hundred lines, the newest first. */
function log(lines: readonly AuditEntry[]) {
  const asked: (string | null)[] = [];
  const page = async (before: string | null): Promise<AuditPage> => {
    asked.push(before);
    const from = Number(before ?? 0);
    return {
      on: true,
      readable: true,
      entries: lines.slice(from, from + 100),
      next: from + 100 < lines.length ? `${from + 100}` : null,
    };
  };
  return { asked, page };
}

describe('the audit log as it is read', () => {
  test('shows an act once: as it ended, or as begun where nobody knows its end', async () => {
    const { page } = log([line(1, 'done'), line(1, 'begun'), line(2, 'begun'), line(3, 'refused', { id: undefined! })]);
    const { entries } = await find(EVERYTHING, null, page);
    assert.deepEqual(
      entries.map(({ id, outcome }) => [id, outcome]),
      [
        ['a1', 'done'],
        ['a2', 'begun'],
        [undefined, 'refused'],
      ],
    );
  });

  test('shows an act once also where it ends in one page of the view and begins in the next one', async () => {
    const { page } = log([
      ...Array.from({ length: 100 }, (_, i) => line(i, 'done')),
      line(99, 'begun'),
      line(100, 'done'),
    ]);
    const over = new Set<string>();
    const first = await find(EVERYTHING, null, page, over);
    const second = await find(EVERYTHING, first.next, page, over);
    assert.deepEqual([first.entries.at(-1)?.id, second.entries.map(({ id }) => id)], ['a99', ['a100']]);
  });

  test('is searched page by page until there is enough, and says where to go on', async () => {
    const lines = Array.from({ length: 1000 }, (_, i) => line(i, 'done', { key: i % 4 === 0 ? 'Anna' : 'support' }));
    const { page, asked } = log(lines);
    const found = await find({ ...EVERYTHING, who: 'ann' }, '100', page);
    assert.deepEqual([asked, found.entries.length, found.next, found.looked], [['100', '200'], 50, '300', 200]);
  });

  test('is not read to its beginning for something that is not in it', async () => {
    const lines = Array.from({ length: 10_000 }, (_, i) => line(i, 'done'));
    const { page, asked } = log(lines);
    const found = await find({ ...EVERYTHING, act: 'app.end' }, null, page);
    assert.deepEqual([asked.length, found.entries.length, found.next], [30, 0, '3000']);
  });

  test('that is not written says so', async () => {
    const found = await find(EVERYTHING, null, async () => ({ on: false, readable: false, entries: [], next: null }));
    assert.deepEqual([found.on, found.entries], [false, []]);
  });

  test('tells what a line has more than others', () => {
    const start = line(1, 'done', { version: '3.0.0', policy: null, changes: ['a: 1 → 2', 'b'] });
    assert.deepEqual(restOf(start), ['version 3.0.0', 'changes a: 1 → 2, b']);
  });
});
