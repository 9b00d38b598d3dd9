/**
 * Clients as users generate them: made from the document by three generators, compiled under `strict`, and run. The
 * generators are installed by `npm test` (test/clients has a lockfile of its own, so that nobody who starts the server
 * installs 400 packages); a single run without them skips this file, and with CI=true fails.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, existsSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { forAllTests } from '../support/redis.ts';
import { startServer, temporaryFolder } from '../support/server.ts';

const SOURCE = fileURLToPath(new URL('../clients/', import.meta.url));
const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
const SCENARIOS = ['with-openapi-fetch.ts', 'with-hey-api.ts', 'with-orval.ts'];
const run = promisify(execFile);
const isInstalled = existsSync(join(SOURCE, 'node_modules', 'orval'));
const skip = !isInstalled && process.env.CI !== 'true' && '`npm test` installs the generators';

describe('O1: clients generated from the document', { skip }, () => {
  const made = forAllTests(async (cleanup) => {
    assert.ok(isInstalled, 'the generators are not installed: npm ci in packages/server/test/clients');
    const { url } = await startServer(cleanup, { RS_STORE: 'memory:' });
    const folder = temporaryFolder(cleanup);
    for (const name of [...SCENARIOS, 'tsconfig.json']) cpSync(join(SOURCE, name), join(folder, name));
    symlinkSync(join(SOURCE, 'node_modules'), join(folder, 'node_modules'));
    symlinkSync(join(ROOT, 'node_modules', '@types'), join(folder, 'types'));
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
    writeFileSync(join(folder, 'openapi.json'), await (await fetch(`${url}/openapi.json`)).text());
    const output = { target: './generated/orval.ts', client: 'fetch', baseUrl: url, headers: true };
    const config = { clients: { input: './openapi.json', output } };
    writeFileSync(join(folder, 'orval.config.cjs'), `module.exports = ${JSON.stringify(config)};`);
    const generate = (command: string, ...args: string[]) =>
      run(join(folder, 'node_modules', '.bin', command), args, { cwd: folder });
    const plugins = ['@hey-api/client-fetch', '@hey-api/typescript', '@hey-api/sdk'];
    await Promise.all([
      generate('openapi-typescript', 'openapi.json', '-o', 'generated/openapi-typescript.ts'),
      generate('openapi-ts', '-i', 'openapi.json', '-o', 'generated/hey-api', '-p', ...plugins),
      generate('orval', '--config', 'orval.config.cjs'),
    ]);
    return { folder, url };
  });

  test('O1: all of them compile under strict (kind: a name that a generator uses for something else)', async () => {
    const compiled = run(join(ROOT, 'node_modules', '.bin', 'tsc'), ['-p', made().folder]).catch(({ stdout }) => ({
      stdout,
    }));
    assert.equal((await compiled).stdout, '');
  });

  for (const scenario of SCENARIOS) {
    test(`O1: a login lives and ends ${scenario.slice(0, -3).replaceAll('-', ' ')} (kind: a document that clients cannot use)`, async () => {
      await run(process.execPath, ['--import', 'tsx', join(made().folder, scenario), made().url], { cwd: ROOT });
    });
  }
});
