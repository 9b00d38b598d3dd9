/** What is said when the policy file is read again: by the log, to which the server leaves all faults. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import pino from 'pino';
import { openPolicy, reloadingPolicy } from '../../src/policies.ts';
import { temporaryFolder } from '../support/server.ts';

test('a fault that is none of the file is logged and ends nothing', (t) => {
  const path = join(temporaryFolder(t), 'policy.json');
  writeFileSync(path, '{}');
  const lines: Record<string, unknown>[] = [];
  const log = pino({ base: null }, { write: (line: string) => lines.push(JSON.parse(line)) });
  const file = openPolicy(path, (name) => name);
  const ours = new TypeError('a fault of the server');
  const reloading = reloadingPolicy(
    file,
    log,
    () => {},
    () => 0,
    () => {
      throw ours;
    },
  );
  assert.throws(() => reloading.read(), ours);
  reloading.onFault(ours);
  const { level, msg, file: named, err } = lines.at(-1)!;
  assert.deepEqual([level, named], [50, path]);
  assert.match(`${msg}`, /a fault of the server/);
  assert.equal((err as Error).message, ours.message);
});
