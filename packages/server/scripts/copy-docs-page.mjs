// Part of the build: what /docs needs, compressed, and the licences it comes under. Run in packages/server.
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';

const from = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
const to = 'dist/docs-page';

mkdirSync(to, { recursive: true });
for (const file of ['swagger-ui.css', 'swagger-ui-bundle.js']) {
  writeFileSync(join(to, `${file}.gz`), gzipSync(readFileSync(join(from, file)), { level: 9 }));
}
for (const file of ['LICENSE', 'NOTICE', 'swagger-ui-bundle.js.LICENSE.txt'])
  copyFileSync(join(from, file), join(to, file));
