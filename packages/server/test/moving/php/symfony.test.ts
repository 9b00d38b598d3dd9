/** Moving sessions of Symfony: its own RedisSessionHandler writes them, and our handler for Symfony finds all that was in them. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startRedis } from '../../support/redis.ts';
import { lastFirst } from '../../support/server.ts';
import { served } from '../moved.ts';
import { withoutPhp } from './php.ts';

const ID = 'tokenofavisitor0123456789a';
const SCRIPT = fileURLToPath(new URL('./symfony.php', import.meta.url));
const hasSymfony = existsSync('/usr/share/php/Symfony/Component/HttpFoundation/autoload.php');
const skip =
  withoutPhp('session', 'curl', 'redis') ||
  (!hasSymfony && process.env.CI !== 'true' && 'there is no Symfony of Debian');

async function symfony(verb: 'write' | 'read', env: Record<string, string>) {
  const { stdout } = await promisify(execFile)('php', [SCRIPT, verb, ID], { env: { PATH: process.env.PATH, ...env } });
  return JSON.parse(stdout) as { id: string; all: string; flashes: object; created: number };
}

test('attributes, flashes and the time of the beginning are there', { skip }, async (t) => {
  const ending = lastFirst(t);
  const redis = await startRedis(ending);
  const before = await symfony('write', { REDIS_PORT: `${redis.port}` });
  assert.deepEqual([before.id, before.flashes], [ID, { notice: ['saved'] }]);
  const from = `php-redis:redis://127.0.0.1:${redis.port}/0`;
  const words = ['--from', from, '--app', 'shop', '--keep-tokens', '--prefix', 'sf_s'];
  const { server, taken, left } = await served(ending, [...words, '--subject', 'user.id']);
  assert.deepEqual([taken, left], [1, {}]);
  assert.deepEqual(await symfony('read', { REST_SESSIONS: server.url }), before);
  const answer = await fetch(`${server.url}/v1/apps/shop/subjects/42/sessions`);
  const { sessions } = (await answer.json()) as { sessions: { data: object }[] };
  assert.deepEqual(
    sessions.map(({ data }) => Object.keys(data)),
    [['user', '_php']],
  );
});
