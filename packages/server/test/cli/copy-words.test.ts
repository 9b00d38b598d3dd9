/** What `rest-sessions copy` says on standard output: people and scripts wait for "nothing differs". */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { inWords } from '../../src/cli/copy-command.ts';
import { noCounts } from '../../src/moving/copy-pass.ts';

const said = (isWhole: boolean, dryRun = false) => {
  const [all, last] = [noCounts(), { ...noCounts(), same: 1200 }];
  const places = { from: 'lmdb:a', to: 'lmdb:b', dryRun };
  return inWords({ all, last, passes: 2, looked: 1200, total: 5000, isWhole }, places, 1);
};

describe('what a copy says', () => {
  test('nothing differs: only when all was compared', () => {
    assert.match(said(true), /1200 sessions compared, .*; nothing differs$/m);
    assert.doesNotMatch(said(false), /differs|the same/);
    assert.match(said(false), /^1200 of 5000 sessions of the source looked at: not compared to the end$/m);
  });

  test('a dry run compares nothing, and says so when it was ended in the middle', () => {
    assert.doesNotMatch(said(true, true), /compared/);
    assert.match(said(false, true), /not compared to the end/);
  });
});
