/** docs/api.md: each call is run as it stands, and gives the answer that stands below it. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { after, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { startServer } from '../support/server.ts';

const shell = promisify(execFile);
const page = readFileSync(new URL('../../../../docs/api.md', import.meta.url), 'utf8');

const PLACEHOLDER = /^(?:TOKEN|ID)\d*$/;
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
/** What a slow machine may take between two calls of the page. Units: milliseconds. */
const PATIENCE = 60_000;

/** What the placeholders stood for so far. */
const known = new Map<string, string>();
/** How much later than that of the page this run is. Units: milliseconds. */
let later: number | undefined;

/** Throws when an answer is not the one shown: the same, but for placeholders and the time of day. */
function same(shown: unknown, given: unknown, at: string): void {
  if (typeof shown === 'string' && PLACEHOLDER.test(shown)) {
    assert.match(String(given), /^\w{16}$|^\w{40}$/, at);
    assert.equal(given, known.get(shown) ?? given, at);
    known.set(shown, String(given));
  } else if (typeof shown === 'string' && INSTANT.test(shown)) {
    assert.match(String(given), INSTANT, at);
    sameInstant(Date.parse(shown), Date.parse(String(given)), at);
  } else if (/\/(?:exp|iat)$/.test(at)) {
    sameInstant(1000 * Number(shown), 1000 * Number(given), at);
  } else if (typeof shown === 'object' && shown !== null) {
    assert.deepEqual(Object.keys(given as object), Object.keys(shown), at);
    for (const [name, value] of Object.entries(shown))
      same(value, (given as typeof shown)[name as never], `${at}/${name}`);
  } else {
    assert.deepEqual(given, shown, at);
  }
}

function sameInstant(shown: number, given: number, at: string): void {
  later ??= given - shown;
  assert.ok(Math.abs(given - shown - later) < PATIENCE, `${at}: ${new Date(given)} fits no run of the page`);
}

describe('docs/api.md', async () => {
  const server = await startServer({ after }, { RS_STORE: 'memory:' });

  for (const section of page.split(/^## /m).slice(1)) {
    test(section.split('\n')[0]!, async () => {
      const calls = [...section.matchAll(/```sh\n([\s\S]+?)```\n```json\n([\s\S]+?)```/g)];
      assert.ok(calls.length > 0);
      assert.equal(section.match(/```sh/g)?.length, calls.length, 'each call has its answer');
      for (const [, call, shown] of calls) {
        const line = call!
          .replace(/\b(?:TOKEN|ID)\d*\b/g, (name) => known.get(name) ?? name)
          .replace(/^curl /, 'curl -sS ');
        const { stdout } = await shell('bash', ['-c', `api=${server.url}/v1/apps/shop\n${line}`]);
        same(JSON.parse(shown!), JSON.parse(stdout), call!);
      }
    });
  }

  test('shows every task there is', () => {
    const tasks = [...page.matchAll(/^## (.+)$/gm)].map(([, task]) => task);
    assert.deepEqual(tasks, [
      'Log in',
      'Remember me',
      'Show my devices',
      'Log out everywhere else',
      'Change of password',
      'Guest cart to user',
      'Who is online',
      'Gateway check',
    ]);
  });
});
