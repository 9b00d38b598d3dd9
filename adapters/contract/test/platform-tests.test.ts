import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromGo, fromJUnit } from '../platform-tests.ts';

test('reads the XML that platforms report their tests in', () => {
  const xml = `<?xml version="1.0"?><testsuites><testsuite name="s" tests="3">
    <testcase classname="tests.Handler" name="reads &lt;a&gt;" time="0.1"/>
    <testcase classname="tests.Handler" name="writes"><failure message="m">a &amp;&#10;b</failure></testcase>
    <testcase name="later" time="1"><skipped message="no curl"/></testcase>
  </testsuite></testsuites>`;
  assert.deepEqual(
    fromJUnit(xml).map(({ name, outcome }) => [name, outcome]),
    [
      ['tests.Handler > reads <a>', 'passed'],
      ['tests.Handler > writes', 'failed'],
      ['later', 'skipped'],
    ],
  );
  assert.match(fromJUnit(xml)[1]!.said, /^a &\nb$/);
  assert.match(fromJUnit(xml)[2]!.said, /no curl/);
});

test('reads the lines that go test reports its tests in', () => {
  const lines = [
    { Action: 'run', Package: 'p', Test: 'TestA' },
    { Action: 'output', Package: 'p', Test: 'TestA', Output: 'want 1\n' },
    { Action: 'fail', Package: 'p', Test: 'TestA' },
    { Action: 'pass', Package: 'p', Test: 'TestB' },
    { Action: 'pass', Package: 'p' },
  ].map((line) => JSON.stringify(line));
  assert.deepEqual(fromGo(lines.join('\n')), [
    { name: 'p > TestA', outcome: 'failed', said: 'want 1\n' },
    { name: 'p > TestB', outcome: 'passed', said: '' },
  ]);
});
