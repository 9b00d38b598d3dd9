/** 100,000 sessions from a terminal: in constant memory, as much as somebody reads, and ended at any moment. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { describe, test } from 'node:test';
import { openStore } from '../../src/stores/open-store.ts';
import { installAll, stored } from '../support/moving.ts';
import { forAllTests } from '../support/redis.ts';
import { type Cleanup, MAIN, startServer, temporaryFolder } from '../support/server.ts';

const COUNT = 100_000;
const ADDRESS = '203.0.113.9';
/** Far below what the texts of all sessions take. Units: MiB. */
const HEAP = 24;

/** Starts a server whose app has that many sessions, every tenth of them from one address. */
async function startFull(cleanup: Cleanup) {
  const url = `lmdb:${temporaryFolder(cleanup)}`;
  const onError = (error: unknown) => Promise.reject(error);
  const { store } = await openStore(url, {
    namespace: 'drs',
    clock: Date.now,
    timeout: 30_000,
    redis: { wait: 0 },
    onError,
  });
  const now = Date.now();
  for (let i = 0; i < COUNT; i += 5000) {
    const some = Array.from({ length: 5000 }, (_, n) =>
      stored(now, { subject: `user${i + n}`, ip: n % 10 === 0 ? ADDRESS : '198.51.100.7', data: '{"cart":["book"]}' }),
    );
    await installAll(store, some, now);
  }
  await store.close();
  return startServer(cleanup, { RS_STORE: url });
}

describe('a command over 100,000 sessions', () => {
  const server = forAllTests(startFull);

  /** Starts the command with a small heap: what keeps a list in it ends with an error. */
  function start(...words: string[]) {
    const child = spawn(process.execPath, [`--max-old-space-size=${HEAP}`, MAIN, ...words, '--app', 'shop'], {
      env: { PATH: process.env.PATH, RS_URL: server().url },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    child.stderr.on('data', (chunk) => (said += chunk));
    const ended = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
    return { child, said: () => said, ended };
  }

  test('lists all of them, each once, and holds a page', async () => {
    const { child, said, ended } = start('sessions', 'list', '--json');
    const ids = new Set<string>();
    let lines = 0;
    for await (const line of createInterface({ input: child.stdout })) {
      ids.add(JSON.parse(line).id);
      lines++;
    }
    assert.deepEqual([(await ended)[0], said(), lines, ids.size], [0, '', COUNT, COUNT]);
  });

  test('lists those that match, and stops at a limit', async () => {
    for (const [words, count] of [
      [['--ip', '203.0.113.0/24'], COUNT / 10],
      [['--ip', ADDRESS, '--limit', '7'], 7],
      [['--limit', '1500'], 1500],
      [['--label', 'none'], 0],
    ] as const) {
      const { child, ended } = start('sessions', 'list', '--json', ...words);
      let lines = 0;
      for await (const _ of createInterface({ input: child.stdout })) lines++;
      assert.deepEqual([(await ended)[0], lines], [0, count], words.join(' '));
    }
  });

  test('ends quietly when its reader has gone, as with | head -1', async () => {
    for (const more of [[], ['--json']]) {
      const { child, said, ended } = start('sessions', 'list', ...more);
      await once(child.stdout, 'data');
      child.stdout.destroy();
      assert.deepEqual([(await ended)[0], said()], [0, '']);
    }
  });

  test('a Ctrl-C ends the end of many, and says how many were ended', async () => {
    const { child, said, ended } = start('sessions', 'end', '--ip', ADDRESS, '--yes', '--json');
    let lines = 0;
    for await (const line of createInterface({ input: child.stdout })) {
      assert.equal(JSON.parse(line).ended, true);
      if (++lines === 200) child.kill('SIGINT');
    }
    assert.deepEqual(await ended, [130, null]);
    const [, told = '', more = '0'] =
      /^rest-sessions: ended by a signal: ([\d,]+) sessions of shop ended(?:, and up to (\d+) more)?\n$/.exec(said()) ??
      [];
    const count = Number(told.replace(',', ''));
    assert.ok(count >= 199 && lines >= count, `${lines} lines, and it said ${said()}`);
    const { sessions } = (await (await fetch(`${server().url}/v1/apps/shop/sessions:count`)).json()) as {
      sessions: number;
    };
    const gone = COUNT - sessions;
    assert.ok(gone >= count && gone <= count + Number(more), `${gone} are gone, and it said ${said()}`);
  });
});
