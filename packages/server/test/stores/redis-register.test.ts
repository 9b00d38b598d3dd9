/** What a process remembers of the apps that it has entered in the register of Redis. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Aliases } from '../../src/stores/redis/aliases.ts';
import { FanOut } from '../../src/stores/redis/fan-out.ts';
import { Keys } from '../../src/stores/redis/keys.ts';
import type { ScriptCalls } from '../../src/stores/redis/script-calls.ts';
import type { Telling } from '../../src/stores/redis/telling.ts';

test('an app is entered once, and what is remembered of names that clients choose is bounded', async () => {
  const entered: string[] = [];
  const command = async (_name: string, [, , app]: unknown[]) => void entered.push(String(app));
  const fanOut = new FanOut({ command } as unknown as ScriptCalls, new Keys('rs'), {} as Aliases, {} as Telling);
  for (const app of ['shop', 'blog', 'shop']) await fanOut.enter(app);
  assert.deepEqual(entered, ['shop', 'blog']);
  for (let i = 0; i < 10_000; i++) await fanOut.enter(`app${i}`);
  entered.length = 0;
  await fanOut.enter('app9999');
  await fanOut.enter('shop');
  assert.deepEqual(entered, ['shop'], 'entering it once more does no harm');
});
