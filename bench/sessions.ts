/** Sessions to measure on, made through the classic API as any client would. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Running, temporaryFolder } from './process.ts';
import type { Bench } from './workload.ts';

export const APP = 'bench';

/** 100 bytes: a user's name, roles and a preference or two. Flat: the predecessor keeps nothing else. */
export const DATA =
  '{"name":"Grace Hopper","mail":"grace@example.org","roles":"admin, author","theme":"dark","visits":42}';

const AT_ONCE = 64;

/** Creates sessions with DATA, each of a user of its own. Gives a file with one token a line. */
export async function createSessions(bench: Bench, { url }: Running, count: number, app = APP): Promise<string> {
  const tokens: string[] = [];
  let next = 0;
  const createSome = async () => {
    while (next < count) tokens.push(await create(url, app, `user${next++}`));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, createSome));
  const file = join(temporaryFolder(bench), 'tokens');
  writeFileSync(file, `${tokens.join('\n')}\n`);
  return file;
}

async function create(url: string, app: string, user: string): Promise<string> {
  const response = await fetch(`${url}/${app}/create/${user}?ip=192.0.2.7`, {
    method: 'PUT',
    headers: { 'Content-Type': 'application/json' },
    body: DATA,
  });
  if (!response.ok) throw new Error(`create answered ${response.status}: ${await response.text()}`);
  return ((await response.json()) as { token: string }).token;
}
