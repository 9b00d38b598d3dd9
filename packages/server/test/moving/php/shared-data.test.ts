/** What the import makes of a session of PHP is, byte for byte, what our adapter of PHP would have stored. PHP itself writes the sessions. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { readSession, type SessionFormat } from '../../../src/moving/sources/php/session-text.ts';
import { sharedData } from '../../../src/moving/sources/php/shared-data.ts';
import { noPhp } from './php.ts';

/** Each is 500 sessions. */
const SEEDS = 4;

interface Case {
  readonly name: string;
  readonly form: SessionFormat;
  /** In base64, like the data. */
  readonly text: string;
  readonly data: string;
}

/** Gives sessions that PHP wrote, each with what the adapter stores of it. */
function cases(random: number, seed: number): Case[] {
  const script = fileURLToPath(new URL('./cases.php', import.meta.url));
  const { status, stdout, stderr } = spawnSync('php', [script, `${random}`, `${seed}`], {
    encoding: 'utf8',
    maxBuffer: 512 * 1024 * 1024,
  });
  assert.equal(status, 0, stderr);
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Case);
}

function check({ name, form, text, data }: Case): void {
  const bytes = Buffer.from(text, 'base64');
  for (const format of [form, null]) {
    const made = sharedData(readSession(bytes, format)) ?? '';
    assert.equal(made, Buffer.from(data, 'base64').toString(), name);
  }
}

test('of each session that is named here, in both formats', { skip: noPhp }, () => {
  const named = cases(0, 1);
  assert.ok(named.length > 30);
  for (const each of named) check(each);
});

test('of sessions at random: references, objects, numbers, bytes', { skip: noPhp }, () => {
  for (let seed = 1; seed <= SEEDS; seed++) for (const each of cases(500, seed)) check(each);
});
