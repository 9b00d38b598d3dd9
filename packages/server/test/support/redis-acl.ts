/** The account in Redis as docs/operations/redis.md lists it: read from the document, so that it cannot drift from the tests. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { Redis } from 'ioredis';

const DOCUMENT = new URL('../../../../docs/operations/redis.md', import.meta.url);

export interface Account {
  readonly name: string;
  readonly password: string;
  /** What the document grants, without the '+'. */
  readonly commands: readonly string[];
}

/** Which block of the document: what the server needs, or what `doctor` needs on top. */
export type Grant = 'server' | 'doctor';

/** Gives the arguments of ACL SETUSER as documented, for a namespace. Errors: a document without them. */
export function documentedRules(grant: Grant, namespace: string, password: string): string[] {
  const lines = readFileSync(DOCUMENT, 'utf8').match(/^ACL SETUSER sessions .+$/gm) ?? [];
  const line = lines[grant === 'server' ? 0 : 1];
  assert.ok(line, `docs/operations/redis.md has the account for ${grant}`);
  const rules = line.replaceAll('drs:', `${namespace}:`).replace('PASSWORD', password);
  return rules.split(' ').slice(2);
}

/** Creates the documented account on servers; for `doctor` another one, with what it needs on top. */
export async function createAccount(
  servers: readonly Redis[],
  namespace: string,
  grant: Grant = 'server',
): Promise<Account> {
  const password = 's3cret-of-the-account';
  const grants: Grant[] = grant === 'server' ? ['server'] : ['server', 'doctor'];
  const granted = grants.map((each) => documentedRules(each, namespace, password).slice(1));
  const name = grant === 'server' ? 'sessions' : 'doctor';
  for (const server of servers) for (const rules of granted) await server.call('ACL', 'SETUSER', name, ...rules);
  const commands = granted.flat().flatMap((rule) => (rule.startsWith('+') ? [rule.slice(1)] : []));
  return { name, password, commands };
}

/** Gives a store URL that logs in as an account. */
export function as(account: Account, url: string): string {
  return url.replace('://', `://${account.name}:${account.password}@`);
}

/** Gives the commands that a server was ever sent. */
export async function commandsCalled(server: Redis): Promise<string[]> {
  return [...(await server.info('commandstats')).matchAll(/^cmdstat_([^:]+):/gm)].map((match) => match[1]!);
}

/** Gives what a server refused an account, but for keys of another namespace. */
export async function refused(server: Redis, namespace: string): Promise<string[]> {
  const log = (await server.call('ACL', 'LOG')) as unknown[][];
  return log
    .map((entry) => entry.join(' '))
    .filter((entry) => !entry.includes('reason key') || entry.includes(`${namespace}:`));
}
