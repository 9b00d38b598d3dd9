// Builds what `require` finds (dist/commonjs), and says to Node and to TypeScript that it is CommonJS.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const home = fileURLToPath(new URL('..', import.meta.url));
const compiler = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');
const { status } = spawnSync(process.execPath, [compiler, '-p', join(home, 'tsconfig.commonjs.json')], {
  stdio: 'inherit',
});
if (status !== 0) process.exit(status ?? 1);
const built = join(home, 'dist/commonjs');
// A TypeScript before 5.0, as old applications have it, does not find `./shapes.ts` where `shapes.d.ts` is.
for (const name of readdirSync(built, { recursive: true })) {
  if (!name.endsWith('.d.ts')) continue;
  const file = join(built, name);
  writeFileSync(file, readFileSync(file, 'utf8').replace(/((?:from |import\()['"]\.[^'"]+)\.ts(?=['"])/g, '$1.js'));
}
writeFileSync(join(built, 'package.json'), '{ "type": "commonjs" }\n');
