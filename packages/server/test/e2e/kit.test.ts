/** The conformance kit of the predecessor's API against the running server, on each embedded store. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startServer } from '../support/server.ts';

const KIT = fileURLToPath(new URL('../../../../../shared/kit/run.mjs', import.meta.url));
// The kit lies beside the repository. CI must have it; a clone elsewhere says that it was left out.
const skip =
  !existsSync(KIT) && process.env.CI !== 'true'
    ? 'the conformance kit (../shared/kit) is not beside this clone'
    : false;

for (const env of [{}, { RS_STORE: 'memory:' }] as Record<string, string>[]) {
  test(`every case of the conformance kit passes on ${env.RS_STORE ?? 'the default store'}`, { skip }, async (t) => {
    const server = await startServer(t, env);
    const output = await run([KIT, '--base', server.url]);
    assert.match(output.trim().split('\n').at(-1)!, /^[1-9]\d* passed, 0 failed$/, output);
  });
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
