import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Progress } from '../../src/cli/progress.ts';

function written(isTTY: boolean, steps: readonly [phase: string, done: number, total: number, at: number][]): string[] {
  const texts: string[] = [];
  let now = 0;
  const progress = new Progress({ isTTY, write: (text) => texts.push(text) }, () => now);
  for (const [phase, done, total, at] of steps) {
    now = at;
    progress.show(phase, done, total);
  }
  progress.clear();
  return texts;
}

test('on a terminal a bar is drawn over itself, ten times a second at most, and always when it is full', () => {
  const texts = written(true, [
    ['keys', 50, 100, 0],
    ['keys', 60, 100, 50],
    ['keys', 70, 100, 120],
    ['keys', 100, 100, 130],
  ]);
  const shares = texts.map((text) => /(\d+) % keys/.exec(text)?.[1]);
  assert.deepEqual(shares, ['50', '70', '100', undefined]);
  assert.ok(texts.every((text) => text.startsWith('\r')));
  assert.match(texts[0]!, /^\r█{15}░{15} 50 % keys/);
});

test('elsewhere there is a line for each quarter of a phase, without control characters', () => {
  const steps = Array.from({ length: 101 }, (_, i) => ['sessions', i, 100, i] as [string, number, number, number]);
  const texts = written(false, [...steps, ['due', 0, 0, 0]]);
  const quarters = ['0', '25', '50', '75', '100'].map((share) => `sessions: ${share} %\n`);
  assert.deepEqual(texts, [...quarters, 'due: 100 %\n']);
});

test('a line of many sessions fits a terminal of 80 columns, or it would be repeated there', () => {
  const texts: string[] = [];
  let now = 0;
  const progress = new Progress({ isTTY: true, write: (text) => texts.push(text) }, () => now);
  for (const done of [0, 1_000_000, 10_000_000]) {
    progress.count('catching up, pass 12', done, 10_000_000);
    now += 60_000;
  }
  for (const text of texts) assert.ok(text.replace('\r', '').replace('\x1b[K', '').length < 80, text);
  assert.match(texts[1]!, /^\r█+░+ 10 % catching up, pass 12: 1,000,000, 16,667 a second, 9 min 0 s left/);
});
