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
