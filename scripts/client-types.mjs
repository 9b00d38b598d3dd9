// `npm run client-types`: writes the types of the TypeScript client from the server's own OpenAPI document. With --check: fails
// when they are out of step. openapi-typescript comes with the generators that the server's tests install.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installForTests, root, run } from './install.mjs';

const FILE = join(root, 'packages/client/src/openapi.ts');
const GENERATOR = join(root, 'packages/server/test/clients/node_modules/.bin/openapi-typescript');

installForTests();
const folder = mkdtempSync(join(tmpdir(), 'rest-sessions-types-'));
try {
  const document = join(folder, 'openapi.json');
  run('node', ['--import', 'tsx', 'scripts/openapi-schemas.ts', document]);
  const made = join(folder, 'openapi.ts');
  run(GENERATOR, [document, '--output', made, '--root-types', '--root-types-no-schema-prefix']);
  const text = readFileSync(made, 'utf8');
  if (!process.argv.includes('--check')) writeFileSync(FILE, text);
  else if (readFileSync(FILE, 'utf8') !== text) {
    console.error('packages/client/src/openapi.ts is out of step with the server; run: npm run client-types');
    process.exitCode = 1;
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
