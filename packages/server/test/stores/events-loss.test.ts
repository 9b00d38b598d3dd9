/** The run that looks for lost events (`npm run events-loss`), in short: three kills of a server on the embedded store. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { compare, type Known } from '../../../../bench/events/known.ts';

test('a server that is killed with -9 under load has told of all that it answered, in order', async () => {
  const script = fileURLToPath(new URL('../../../../bench/events-loss.ts', import.meta.url));
  const { stdout } = await promisify(execFile)('node', ['--import', 'tsx', script, '--failures', '3', '--dry']);
  const { changes, lost, undone, disordered, invented } = JSON.parse(stdout.slice(stdout.indexOf('{')));
  assert.deepEqual([lost, undone, disordered, invented], [0, 0, 0, 0]);
  assert.ok(changes > 100, `${changes}`);
});

test('what is lost, taken back, out of order, invented or doubled is seen', () => {
  const known = (own: Partial<Known>) =>
    new Map([['a', { versions: [2], asked: 2, ended: 'yes', stored: null, ...own } as Known]]);
  const told = (...lines: string[]) =>
    lines.map((line, i) => {
      const [type, sequence = ''] = line.split(' ');
      return { id: `a.${sequence || i}`, type: `session.${type}`, subject: 'a', sequence };
    });
  const seen = (own: Partial<Known>, ...lines: string[]) => {
    const { lost, undone, disordered, invented, doubled } = compare(known(own), told(...lines));
    return [lost, undone, disordered, invented, doubled];
  };
  const all = ['created 1.1', 'updated 2.2', 'ended 2.3'];
  assert.deepEqual(seen({}, ...all), [0, 0, 0, 0, 0]);
  assert.deepEqual(seen({}, ...all, 'ended 2.3'), [0, 0, 0, 0, 1]);
  assert.deepEqual(seen({}, 'created 1.1', 'ended 2.3'), [1, 0, 0, 0, 0]);
  assert.deepEqual(seen({}, 'created 1.1', 'ended 1.2'), [0, 1, 0, 0, 0]);
  assert.deepEqual(seen({ ended: 'asked', stored: 2 }, 'created 1.1'), [1, 0, 0, 0, 0]);
  assert.deepEqual(seen({ ended: 'asked', stored: 1 }, 'created 1.1'), [0, 1, 0, 0, 0]);
  assert.deepEqual(seen({ ended: 'no', stored: 1 }, 'created 1.1', 'updated 2.2'), [0, 1, 0, 1, 0]);
  assert.deepEqual(seen({}, 'updated 2.2', 'created 1.1', 'ended 2.3'), [0, 0, 1, 0, 0]);
  assert.deepEqual(seen({}, 'created 1.1', 'ended 2.3', 'updated 2.2'), [0, 0, 1, 0, 0]);
  assert.deepEqual(seen({ ended: 'asked' }, 'created 1.1', 'updated 2.2'), [1, 0, 0, 0, 0]);
  assert.deepEqual(seen({ ended: 'no' }, ...all), [0, 0, 0, 1, 0]);
  assert.deepEqual(seen({ versions: [], asked: 1 }, ...all), [0, 0, 0, 2, 0]);
  assert.deepEqual(seen({ versions: [], asked: 1 }, 'created 1.1'), [1, 0, 0, 0, 0]);
});
