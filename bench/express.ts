/** An Express application with express-session, on our store or on connect-redis: bench/peers/express. */
import { installPeer } from './predecessor.ts';
import { type Running, startPeer } from './process.ts';
import { DATA } from './sessions.ts';
import type { Bench } from './workload.ts';

const FOLDER = new URL('./peers/express/', import.meta.url);

/** Where its sessions are. */
export type Where = { readonly sessionsUrl: string } | { readonly redisPort: number };

export function startExpress(bench: Pick<Bench, 'after'>, where: Where): Promise<Running> {
  installPeer(FOLDER);
  const env: Record<string, string> =
    'sessionsUrl' in where
      ? { STORE: 'ours', SESSIONS_URL: where.sessionsUrl }
      : { STORE: 'connect-redis', REDIS_PORT: `${where.redisPort}` };
  return startPeer(bench, 'express/server.mjs', env);
}

/** Begins a session with DATA. Gives what its cookie has. */
export async function logIn({ url }: Running): Promise<string> {
  const headers = { 'Content-Type': 'application/json' };
  const response = await fetch(`${url}/login`, { method: 'POST', headers, body: DATA });
  const [, value] = /^connect\.sid=([^;]+)/.exec(response.headers.getSetCookie()[0] ?? '') ?? [];
  if (value === undefined) throw new Error(`${url} sets no cookie: ${response.status} ${await response.text()}`);
  return decodeURIComponent(value);
}

/** Puts so many items into the cart of one session at once. Gives how many are in it afterwards. */
export async function itemsKept({ url }: Running, count: number): Promise<number> {
  const headers = { Cookie: `connect.sid=${encodeURIComponent(await logIn({ url } as Running))}` };
  const add = async (_: unknown, i: number) => (await fetch(`${url}/cart/${i}`, { headers })).text();
  await Promise.all(Array.from({ length: count }, add));
  return ((await (await fetch(`${url}/items`, { headers })).json()) as { items: number }).items;
}
