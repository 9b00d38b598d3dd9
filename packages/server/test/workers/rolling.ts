/**
 * Restarts the workers of a server again and again while clients use it, and counts the requests that were not answered as they
 * have to be. Nothing is sent twice: a connection that breaks off counts, too.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Client } from '../support/client.ts';
import type { WorkersProcess } from '../support/workers.ts';

export interface Rolled {
  readonly answered: number;
  /** What went wrong, in words. */
  readonly failed: readonly string[];
}

/** Each keeps its connections. */
const CLIENTS = 8;
/** More would be a flood. */
const MOST_TOLD = 20;

/** Sends so many requests from clients that keep their connections, and restarts all workers so often meanwhile. */
export async function restartUnderLoad(server: WorkersProcess, requests: number, restarts: number): Promise<Rolled> {
  const failed: string[] = [];
  let answered = 0;
  let isOver = false;
  const tell = (words: string) => {
    if (failed.length < MOST_TOLD) failed.push(words);
  };
  const restarting = restartAll(server, restarts).then(
    () => {
      isOver = true;
    },
    (error: Error) => {
      isOver = true;
      tell(error.message);
    },
  );
  const expect = async (client: Client, status: number, ...request: Parameters<Client['send']>) => {
    const said = `${request[0]} ${request[1].slice(0, 12)}`;
    const answer = await client.send(...request).catch((error: Error) => tell(`${said}: ${error.message}`));
    if (answer?.status === status) answered++;
    else if (answer) tell(`${said}: ${answer.status} ${answer.text}`);
    return answer?.json;
  };
  const lane = async (n: number) => {
    const client = new Client(server.url);
    for (let i = 0; answered < requests || !isOver; i++) {
      const made = await expect(client, 200, 'PUT', `/roll/create/u${n}-${i}?ip=1.1.1.1`, { i });
      if (made?.token === undefined) continue;
      for (let reads = 0; reads < 8; reads++) await expect(client, 200, 'GET', `/roll/get/${made.token}`);
      const token = { 'Session-Token': made.token };
      await expect(client, 200, 'PATCH', '/v1/apps/roll/session', { set: { n } }, token);
      await expect(client, 200, 'DELETE', '/v1/apps/roll/session', undefined, token);
    }
    client.close();
  };
  await Promise.all(Array.from({ length: CLIENTS }, (_, n) => lane(n)));
  await restarting;
  return { answered, failed };
}

/** The same for reads by wrk, which opens a connection again only when an answer says that it ends. */
export async function restartUnderWrk(server: WorkersProcess, requests: number, restarts: number): Promise<Rolled> {
  const client = new Client(server.url);
  const token = await client.create('roll', 'wrk', { a: 1 });
  client.close();
  const args = ['-t1', '-c16', '-d600s', '--timeout', '60s', `${server.url}/roll/get/${token}`];
  const wrk = spawn('wrk', args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [wrk.stdout, wrk.stderr]) stream.on('data', (chunk) => (output += chunk));
  const ended = once(wrk, 'close');
  // What wrk has sent is in the session itself: each read is counted.
  const sent = async () => {
    const reader = new Client(server.url);
    const { json } = await reader.send('GET', '/v1/apps/roll/session', undefined, { 'Session-Token': token });
    reader.close();
    return Number(json.reads);
  };
  try {
    await restartAll(server, restarts);
    while ((await sent()) < requests) await new Promise((resolve) => setTimeout(resolve, 200));
  } finally {
    wrk.kill('SIGINT');
  }
  await ended;
  const answered = Number(/(\d+) requests in/.exec(output)?.[1]);
  const failed = output.match(/Socket errors: .*|Non-2xx.*/g) ?? [];
  return { answered, failed: Number.isNaN(answered) ? [output] : failed };
}

async function restartAll(server: WorkersProcess, restarts: number): Promise<void> {
  for (let i = 0; i < restarts; i++) {
    const before = server.lines().length;
    server.child.kill('SIGUSR2');
    await server.said({ msg: 'all workers are new' }, before);
  }
}
