/** What a table shows, however narrow the terminal is and whatever somebody has written into a cell. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { hasColours, paintFor } from '../../src/cli/colour.ts';
import { relative } from '../../src/cli/instant.ts';
import { cut, jsonLine, visible, widthOf } from '../../src/cli/plain-text.ts';
import { type Column, Table } from '../../src/cli/table.ts';

interface Row {
  readonly id: string;
  readonly label: string | null;
  readonly reads: number;
  readonly seen: string;
}

const COLUMNS: readonly Column<Row>[] = [
  { title: 'id', of: ({ id }) => id },
  { title: 'label', of: ({ label }) => label, least: 6 },
  { title: 'reads', of: ({ reads }) => reads, kind: 'number' },
  { title: 'seen', of: ({ seen }) => seen, kind: 'instant' },
];
const NOW = Date.parse('2026-01-31T08:00:00Z');
const ROWS = [
  { id: 'aaaaaaaa', label: 'Firefox on Linux', reads: 7, seen: '2026-01-31T07:58:00.000Z' },
  { id: 'bb', label: null, reads: 1200, seen: '2026-01-31T08:00:00.400Z' },
];
const plain = { paint: paintFor(false, {}), width: null, now: null };

describe('a table', () => {
  test('has columns that line up, numbers at the right, a hyphen for what is not there, and exact instants where programs read', () => {
    assert.deepEqual(new Table(COLUMNS, plain).lines(ROWS).split('\n'), [
      'id        label             reads  seen',
      'aaaaaaaa  Firefox on Linux      7  2026-01-31T07:58:00Z',
      'bb        -                  1200  2026-01-31T08:00:00Z',
      '',
    ]);
  });

  test('cuts what may be cut until it fits the terminal, and never an id', () => {
    const lines = (width: number) => new Table(COLUMNS, { ...plain, width, now: NOW }).lines(ROWS).split('\n');
    assert.deepEqual(lines(38), [
      'id        label       reads  seen',
      'aaaaaaaa  Firefox o…      7  2 min ago',
      'bb        -            1200  now',
      '',
    ]);
    assert.equal(lines(10)[1], 'aaaaaaaa  Firef…      7  2 min ago');
  });

  test('keeps its widths for later rows, and has one head', () => {
    const table = new Table(COLUMNS, plain);
    const first = table.lines(ROWS);
    const later = table.lines([{ ...ROWS[1]!, id: 'cc' }]);
    assert.equal(first.split('\n')[2]!.replace('bb', 'cc'), later.trimEnd());
  });

  test('shows control characters of others in place of obeying them, in the table and in JSON', () => {
    const evil = '\x1b]0;owned\x07\x9b2J\u202egnp.exe\r\nnext';
    assert.equal(visible(evil), '\\u001b]0;owned\\u0007\\u009b2J\\u202egnp.exe\\u000d\\u000anext');
    const shown = new Table(COLUMNS, plain).lines([{ ...ROWS[0]!, label: evil }]);
    assert.equal(shown.split('\n').length, 3);
    assert.doesNotMatch(shown.replaceAll('\n', ''), /\p{Cc}|\u202e/u);
    const line = jsonLine({ label: evil });
    assert.doesNotMatch(line, /\p{Cc}|\u202e/u);
    assert.deepEqual(JSON.parse(line), { label: evil });
  });

  test('counts the columns that letters take: wide ones two, accents on others none', () => {
    assert.deepEqual(['abc', '日本', 'e\u0301', '👩‍💻'].map(widthOf), [3, 4, 1, 2]);
    assert.equal(cut('日本語です', 6), '日本…');
    assert.equal(cut('日本語', 6), '日本語');
  });
});

test('instants are told as people ask: how long ago, how long yet, and the date when that is far', () => {
  const at = (span: number) => relative(NOW + span, NOW);
  assert.deepEqual([0, -999, -1000, -59_999, -60_000, 7_200_000, -86_400_000, -100 * 86_400_000].map(at), [
    'now',
    'now',
    '1 s ago',
    '59 s ago',
    '1 min ago',
    'in 2 h',
    '1 d ago',
    '2025-10-23',
  ]);
});

test('colours are for terminals, unless NO_COLOR or FORCE_COLOR says otherwise; empty variables say nothing', () => {
  for (const [isTTY, environment, expected] of [
    [true, {}, true],
    [false, {}, false],
    [true, { TERM: 'dumb' }, false],
    [true, { NO_COLOR: '1' }, false],
    [true, { NO_COLOR: '' }, true],
    [false, { FORCE_COLOR: '1' }, true],
    [false, { FORCE_COLOR: '' }, false],
    [true, { FORCE_COLOR: '0' }, false],
    [true, { FORCE_COLOR: '1', NO_COLOR: '1' }, true],
  ] as const) {
    assert.equal(hasColours(isTTY, environment), expected, JSON.stringify([isTTY, environment]));
  }
  assert.equal(paintFor(true, {})('red', 'x'), '\x1b[31mx\x1b[39m');
  assert.equal(paintFor(true, { NO_COLOR: '1' })('red', 'x'), 'x');
});
