/** What the pages and the examples show is run as it stands. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { forAllTests, freePorts } from '../../server/test/support/redis.ts';
import { type Cleanup, startServer, temporaryFolder } from '../../server/test/support/server.ts';
import { until } from '../../server/test/support/until.ts';
import { skip } from './frameworks.ts';
import { Browser } from './support.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

describe('the pages about the client', { skip }, () => {
  const server = forAllTests((cleanup) => startServer(cleanup, { RS_STORE: 'memory:' }));

  test('the lines that README begins with', async (t) => {
    const lines = codeOf('packages/client/README.md', 0);
    const { child, output } = await program(t, lines, server().url);
    await new Promise((ended) => child.on('close', ended));
    assert.deepEqual([child.exitCode, output()], [0, '']);
  });

  for (const page of ['express', 'koa', 'hono']) {
    test(`the start of docs/platforms/${page}.md is ten lines at most, and a page of it counts visits`, async (t) => {
      const lines = codeOf(`docs/platforms/${page}.md`, 0);
      assert.ok(lines.trimEnd().split('\n').length <= 10);
      const [port] = (await freePorts(1)) as [number];
      await program(t, lines.replace('8080', String(port)), server().url);
      const browser = new Browser(`http://127.0.0.1:${port}`);
      const answers = () => browser.get('/').then(Boolean, () => false);
      await until(answers, 'the page answers');
      assert.deepEqual((await browser.get('/')).json, { visits: 2 });
    });
  }

  test('the start of docs/platforms/react-router.md is ten lines, and its loader answers', async (t) => {
    const lines = codeOf('docs/platforms/react-router.md', 0);
    assert.ok(lines.trimEnd().split('\n').length <= 10);
    const asked = "console.log(await (await loader({ request: new Request('http://shop.example/') })).text());";
    const { child, output } = await program(t, `${lines}\n${asked}`, server().url);
    await new Promise((ended) => child.on('close', ended));
    assert.equal(output(), '{"subject":null,"cart":{}}\n');
  });

  test('examples/express: a guest fills a cart, logs in, sees the device, and logs out everywhere', async (t) => {
    const folder = withPackages(t);
    cpSync(join(ROOT, 'examples/express/shop.mjs'), join(folder, 'shop.mjs'));
    const env = { SESSIONS_URL: server().url, PORT: '0' };
    const { output } = started(t, folder, 'shop.mjs', env);
    await until(() => /http:\S+/.test(output()), output);
    const url = /http:\S+/.exec(output())![0];
    const [laptop, phone] = [new Browser(url), new Browser(url)];
    await laptop.post('/cart', { item: '<lamp>' });
    const guest = laptop.cookies.get('session')!;
    assert.match(guest, /^[\w-]{32}$/, 'the cookie is the token alone');
    await laptop.post('/login', { user: 'Ann' });
    assert.notEqual(laptop.cookies.get('session'), guest);
    await phone.post('/login', { user: 'Ann' });
    assert.match((await laptop.get('/')).text, /&#60;lamp&#62;: 1.*Devices of Ann(?:.*last seen){2}/s);
    await phone.post('/logout-everywhere', {});
    assert.match((await laptop.get('/')).text, /Log in/);
  });
});

/** Gives a block of code of a page. */
function codeOf(page: string, nth: number): string {
  return [...readFileSync(join(ROOT, page), 'utf8').matchAll(/^```js\n(.*?)^```/gms)][nth]![1]!;
}

/** Gives a folder where the client and the frameworks are installed. */
function withPackages(cleanup: Cleanup): string {
  const folder = temporaryFolder(cleanup);
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(join(ROOT, 'packages/client'), join(folder, 'node_modules/rest-sessions-client'));
  for (const name of ['express', 'express-session', 'koa', 'koa-session', 'hono', '@hono']) {
    symlinkSync(join(ROOT, 'packages/client/test/frameworks/node_modules', name), join(folder, 'node_modules', name));
  }
  return folder;
}

function started(cleanup: Cleanup, folder: string, file: string, env: Record<string, string> = {}) {
  const child: ChildProcess = spawn(process.execPath, [file], { cwd: folder, env: { PATH: process.env.PATH, ...env } });
  cleanup.after(() => child.kill('SIGKILL'));
  let output = '';
  for (const stream of [child.stdout!, child.stderr!]) stream.on('data', (chunk) => (output += chunk));
  return { child, output: () => output };
}

/** Starts lines of a page, with the server that the test has. */
async function program(cleanup: Cleanup, lines: string, url: string) {
  const folder = withPackages(cleanup);
  writeFileSync(join(folder, 'program.mjs'), lines.replaceAll('http://127.0.0.1:3000', url));
  return started(cleanup, folder, 'program.mjs');
}
