/** The conformance kit of the predecessor's API against the running server, on every store. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { PATIENT } from '../support/redis.ts';
import { type Cleanup, startServer } from '../support/server.ts';
import { TOPOLOGIES } from '../support/topologies.ts';

const KIT = fileURLToPath(new URL('../../../../../shared/kit/run.mjs', import.meta.url));
// The kit is not part of the repository: it lies beside our own clones. Where it does not, there is nothing to run, and
// nothing that whoever runs the tests could do about it, so there is no test to skip. `.ci/run` says so when it is missing.
const hasKit = existsSync(KIT);

/**
 * The kit compares idle times to the second, and on a machine with much else to do a second passes between two of its
 * requests. What is wrong in the server fails in each attempt.
 */
const ATTEMPTS = 3;

const STORES: Record<string, (cleanup: Cleanup) => Promise<Record<string, string>>> = {
  'the default store': async () => ({}),
  memory: async () => ({ RS_STORE: 'memory:' }),
};
for (const [name, start] of Object.entries(TOPOLOGIES))
  STORES[name] = async (cleanup) => ({ ...(await start(cleanup)).env, ...PATIENT });

describe('the conformance kit', { concurrency: 1 }, () => {
  if (!hasKit) return;
  for (const [name, start] of Object.entries(STORES)) {
    test(`every case passes on ${name}`, async (t) => {
      const server = await startServer(t, await start(t));
      let output = '';
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        output = await run([KIT, '--base', server.url]);
        if (/^[1-9]\d* passed, 0 failed$/.test(lastLine(output))) return;
      }
      assert.fail(output);
    });
  }
});

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1)!;
}

function run(args: string[]): Promise<string> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args);
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        output += chunk;
      });
    }
    child.on('close', () => resolve(output));
  });
}
