/** The lines that docs/platforms shows for moving in are run as printed, on sessions that are there. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runCommand } from '../support/command.ts';
import { forAllTests, startRedis } from '../support/redis.ts';
import { type Cleanup, temporaryFolder } from '../support/server.ts';

const redis = forAllTests((cleanup) => startRedis(cleanup));
const ID = 'tokenofavisitor0123456789a';
const SESSION = 'user|a:1:{s:2:"id";i:42;}';

/** Gives the calls of a page, word by word, with the places of this test. */
function callsOf(page: string, folder: string): string[][] {
  const text = readFileSync(new URL(`../../../../docs/platforms/${page}.md`, import.meta.url), 'utf8');
  const lines = [...text.matchAll(/^rest-sessions (import .*)$/gm)].map(([, words]) => words!);
  return lines.map((line) =>
    line
      .replaceAll("'", '')
      .replace('127.0.0.1:6379', `127.0.0.1:${redis().port}`)
      .replace(';/var/lib/php/sessions', `;${join(folder, 'deep')}`)
      .replace('/var/lib/php/sessions', folder)
      .split(' '),
  );
}

function folders(cleanup: Cleanup): string {
  const folder = temporaryFolder(cleanup);
  writeFileSync(join(folder, `sess_${ID}`), SESSION);
  return folder;
}

for (const [page, count] of [
  ['express', 1],
  ['php', 3],
] as const) {
  test(`the calls of docs/platforms/${page}.md`, async (t) => {
    const folder = folders(t);
    mkdirSync(join(folder, 'deep', 't', 'o'), { recursive: true });
    writeFileSync(join(folder, 'deep', 't', 'o', `sess_${ID}`), SESSION);
    const cookie = { originalMaxAge: null, expires: null, httpOnly: true, path: '/' };
    await redis().admin.set(`sess:${ID}`, JSON.stringify({ cookie, passport: { user: 'ada' } }), 'EX', 3600);
    await redis().admin.set(`PHPREDIS_SESSION:${ID}`, SESSION, 'EX', 1440);
    const calls = callsOf(page, folder);
    assert.equal(calls.length, count);
    for (const call of calls) {
      const { status, stdout, stderr } = await runCommand([...call, '--json'], {
        env: { RS_STORE: `lmdb:${temporaryFolder(t)}/data` },
      });
      assert.equal(status, 0, `${call.join(' ')}: ${stderr}`);
      assert.equal((JSON.parse(stdout) as { taken: number }).taken, 1, call.join(' '));
    }
  });
}
