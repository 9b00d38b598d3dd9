/** The package as others get it: its size, where it runs, and what checks of packages say. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { startServer, temporaryFolder } from '../../server/test/support/server.ts';
import { skip } from './frameworks.ts';

const PACKAGE = fileURLToPath(new URL('../', import.meta.url));
const FRAMEWORKS = join(PACKAGE, 'test/frameworks/node_modules/.bin');
const BUN = fileURLToPath(
  new URL('../../../scripts/runtimes/node_modules/@oven/bun-linux-x64/bin/bun', import.meta.url),
);
const DENO = fileURLToPath(
  new URL('../../../scripts/runtimes/node_modules/@deno/linux-x64-glibc/deno', import.meta.url),
);
/** Units: bytes, as gzip sends them. */
const MOST = 8192;
const MOST_WITH_EVENTS = 12_288;
const MOST_OF_REDIS_SESSIONS = 8192;
const MOST_OF_WEBHOOKS = 2048;
const MOST_OF_ADMIN = 9216;
const run = promisify(execFile);

/** Bundles a program for browsers: whatever needs Node fails here. */
async function bundled(contents: string, minify = true, platform: 'browser' | 'node' = 'browser'): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: PACKAGE, loader: 'ts' },
    bundle: true,
    format: 'esm',
    platform,
    target: 'es2023',
    minify,
    write: false,
  });
  return outputFiles[0]!.text;
}

/** Gives what a page loads that imports the client, and what it loads when it needs all of it. Units: bytes, as gzip sends them. */
async function sizes(): Promise<{ atFirst: number; inAll: number }> {
  const { outputFiles, metafile } = await build({
    entryPoints: [join(PACKAGE, 'dist/index.js')],
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2023',
    minify: true,
    write: false,
    outdir: 'out',
    metafile: true,
  });
  const sizeOf = new Map(outputFiles.map(({ path, contents }) => [basename(path), gzipSync(contents).length]));
  const first = new Set<string>();
  const load = (output: string) => {
    first.add(basename(output));
    for (const { path, kind } of metafile.outputs[output]!.imports) if (kind === 'import-statement') load(path);
  };
  load(
    Object.keys(metafile.outputs).find((output) => metafile.outputs[output]!.entryPoint?.endsWith('dist/index.js'))!,
  );
  const sum = (names: Iterable<string>) => [...names].reduce((all, name) => all + sizeOf.get(name)!, 0);
  return { atFirst: sum(first), inAll: sum(sizeOf.keys()) };
}

/** Gives the files that `exports` name, whatever their conditions. */
function filesOf(way: unknown): string[] {
  return typeof way === 'string' ? [way] : Object.values(way as object).flatMap(filesOf);
}

const SCENARIO = `
  import { SessionClient, SessionNotFoundError } from './dist/index.js';
  import { verifyWebhook } from './dist/webhooks/index.js';
  let begin;
  const heard = new Promise((resolve) => (begin = resolve));
  const nearCache = { maxStale: 60_000, onChange: begin };
  const sessions = new SessionClient({ url: process.argv[2], app: 'runtimes', nearCache });
  const { token } = await sessions.create({ subject: 'ann', data: { n: 1 } });
  await sessions.patch(token, { set: { n: 2 } });
  const [read, checked] = await Promise.all([sessions.get(token, { touch: true }), sessions.verify(token)]);
  await heard;
  await sessions.verify(token);
  const { source } = (await sessions.verify(token)).staleness;
  const { next } = await sessions.eventsPage({ after: 'end' });
  const ended = await sessions.revoke(token);
  const gone = await sessions.get(token).catch((error) => error instanceof SessionNotFoundError);
  let reason;
  for await (const told of sessions.events({ after: next })) {
    reason = told.data.reason;
    break;
  }
  sessions.close();
  const headers = { 'webhook-id': '1', 'webhook-timestamp': '1', 'webhook-signature': 'v1,x' };
  const { code } = await verifyWebhook('{}', headers, 'whsec_' + 'A'.repeat(32)).catch((error) => error);
  console.log(JSON.stringify([read.data, checked.subject, source, ended, gone, reason, code]));
`;
const DONE = [{ n: 2 }, 'ann', 'memory', true, true, 'logout', 'no_signature_matches'];

describe('the package of the client', () => {
  test('it is at most 8 kB as gzip, without what it loads for events and a near cache, and needs nothing of Node', async () => {
    const { atFirst, inAll } = await sizes();
    assert.ok(atFirst <= MOST, `${atFirst} bytes`);
    assert.ok(inAll <= MOST_WITH_EVENTS, `${inAll} bytes`);
  });

  test('what verifies webhooks is alone, and needs nothing of Node', async () => {
    const size = gzipSync(await bundled("export * from './dist/webhooks/index.js';")).length;
    assert.ok(size <= MOST_OF_WEBHOOKS, `${size} bytes`);
  });

  test('so is what operators have', async () => {
    const size = gzipSync(await bundled("export * from './dist/admin/index.js';")).length;
    assert.ok(size <= MOST_OF_ADMIN, `${size} bytes`);
  });

  test('so is the class of redis-sessions, with all that it stands on', async () => {
    const size = gzipSync(await bundled("export * from './dist/redis-sessions/index.js';", true, 'node')).length;
    assert.ok(size <= MOST_OF_REDIS_SESSIONS, `${size} bytes`);
  });

  test('a bundle for browsers runs on this Node, on Bun and on Deno', async (t) => {
    const folder = temporaryFolder(t);
    const [policy, file] = [join(folder, 'policy.json'), join(folder, 'bundle.mjs')];
    writeFileSync(policy, JSON.stringify({ apps: { runtimes: { events: true } } }));
    const { url } = await startServer(t, { RS_STORE: 'memory:', RS_CONFIG: policy });
    writeFileSync(file, await bundled(SCENARIO));
    const others = [[BUN], [DENO, 'run', '--allow-net=127.0.0.1']].filter(([program]) => existsSync(program!));
    const runtimes = [[process.execPath], ...others] as [string, ...string[]][];
    if (others.length < 2) t.diagnostic('Bun and Deno are not here: `npm run test:runtimes` installs them');
    assert.ok(others.length > 1 || process.env.CI !== 'true', 'Bun and Deno are not installed');
    for (const [runtime, ...args] of runtimes) {
      const { stdout } = await run(runtime, [...args, file, url]);
      assert.deepEqual(JSON.parse(stdout), DONE, runtime);
    }
  });

  test('what is published has what it names, and no more', async (t) => {
    const { stdout } = await run(
      'npm',
      ['pack', '--json', '--ignore-scripts', '--pack-destination', temporaryFolder(t)],
      { cwd: PACKAGE },
    );
    const [{ files }] = JSON.parse(stdout) as [{ files: { path: string }[] }];
    const paths = files.map(({ path }) => path);
    assert.deepEqual(paths.filter((path) => !path.startsWith('dist/')).sort(), [
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'package.json',
    ]);
    const { exports, dependencies } = JSON.parse(readFileSync(join(PACKAGE, 'package.json'), 'utf8'));
    assert.equal(dependencies, undefined);
    for (const file of filesOf(exports)) assert.ok(paths.includes(file.slice(2)), file);
  });

  test('publint and arethetypeswrong find nothing', { skip }, async () => {
    await run(join(FRAMEWORKS, 'publint'), ['--strict', PACKAGE]);
    // The package is for import alone: what `require` finds is not asked.
    await run(join(FRAMEWORKS, 'attw'), [
      '--pack',
      PACKAGE,
      '--profile',
      'esm-only',
      '--no-emoji',
      '--format',
      'ascii',
    ]);
    // All but the class of redis-sessions, which old code requires.
    const required = ['--pack', PACKAGE, '--entrypoints', 'redis-sessions', '--no-emoji', '--format', 'ascii'];
    await run(join(FRAMEWORKS, 'attw'), required);
  });

  test('its types are those of the document that the server has', { skip }, async () => {
    await run(process.execPath, ['scripts/client-types.mjs', '--check'], { cwd: join(PACKAGE, '../..') });
  });
});
