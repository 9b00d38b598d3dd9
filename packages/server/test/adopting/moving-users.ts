/**
 * Users who move from an old server to ours one after the other, while everybody goes on working: those who have not moved read and
 * write by the old library, those who have by HTTP. Some are ended, by either side. Counted is what must never be: a user who is logged
 * out, and a session that is back after its end.
 */
import { Agent, request } from 'node:http';
import type { OldLibrary } from '../support/old-library.ts';

export interface MoveOptions {
  /** One of each version: a session belongs to the library that made it, and may be read by another. */
  readonly libraries: readonly OldLibrary[];
  readonly url: string;
  readonly app: string;
  readonly sessions: number;
  /** Requests under way at once. */
  readonly atOnce: number;
}

export interface Moved {
  readonly sessions: number;
  readonly ended: number;
  readonly loggedOut: number;
  readonly revived: number;
  /** Changes that were answered and are not there. */
  readonly lost: number;
  /** Takeovers in a second: sessions that moved, each with its first request. */
  readonly rate: number;
}

interface User {
  readonly token: string;
  readonly id: string;
  isEnded: boolean;
}

/** Of so many sessions one is ended while it moves. */
const ENDED = 20;

export async function moveUsers({ libraries, url, app, sessions, atOnce }: MoveOptions): Promise<Moved> {
  const agent = new Agent({ keepAlive: true, maxSockets: atOnce });
  const call = (method: string, path: string, body?: unknown) => send(agent, method, `${url}/${app}/${path}`, body);
  const users: User[] = [];
  const of = (i: number) => libraries[i % libraries.length]!;
  await inParallel(sessions, atOnce, async (i) => {
    const id = `user${i}`;
    const token = await of(i).create(app, id, { ttl: 7200, d: { n: i, plan: `p${i % 7}` } });
    users[i] = { token, id, isEnded: false };
  });
  const counts = { ended: 0, loggedOut: 0, revived: 0, lost: 0 };
  const began = performance.now();
  await inParallel(sessions, atOnce, async (i) => {
    const user = users[i]!;
    const library = of(i + 1);
    // Until now at the old server, which goes on writing.
    if ((await library.set(app, user.token, { last: i })) === null) counts.loggedOut++;
    if (i % ENDED === 0) {
      const kill = i % (2 * ENDED) === 0 ? library.kill(app, user.token) : endHere(call, user);
      const [ended] = await Promise.all([kill, call('GET', `get/${user.token}`)]);
      user.isEnded = ended === 1;
      counts.ended += ended;
    } else {
      const answers = await Promise.all([call('GET', `get/${user.token}`), call('GET', `get/${user.token}`)]);
      for (const { status, body } of answers) {
        if (status !== 200 || body.id === undefined) counts.loggedOut++;
        else if (body.d.last !== i || body.d.n !== i || body.id !== user.id) counts.lost++;
      }
      if ((await call('POST', `set/${user.token}`, { here: i })).body.id === undefined) counts.loggedOut++;
    }
    // Somebody who has moved before.
    const other = Math.floor((i * 7919) % (i + 1));
    if (users[other]!.isEnded && (await call('GET', `get/${users[other]!.token}`)).body.id !== undefined)
      counts.revived++;
  });
  const seconds = (performance.now() - began) / 1000;
  await inParallel(sessions, atOnce, async (i) => {
    const { token, isEnded } = users[i]!;
    // The classic API answers with an empty object where there is none.
    const { body } = await call('GET', `get/${token}`);
    const isHere = body.id !== undefined;
    const isThere = (await of(i).get(app, token)) !== null;
    if (isThere || (isEnded && isHere)) counts.revived++;
    if (!isEnded && !isHere) counts.loggedOut++;
    if (isHere && i % ENDED !== 0 && (body.d.here !== i || body.d.plan !== `p${i % 7}`)) counts.lost++;
  });
  agent.destroy();
  return { sessions, ...counts, rate: Math.round(sessions / seconds) };
}

/** Ends a session by our classic route; by its user each other time. Gives how many were ended. */
async function endHere(call: Call, { token, id }: User): Promise<number> {
  const { body } = await call('DELETE', Number(id.slice(4)) % 3 === 0 ? `killsoid/${id}` : `kill/${token}`);
  return body.kill;
}

type Call = (method: string, path: string, body?: unknown) => Promise<Answer>;
// biome-ignore lint/suspicious/noExplicitAny: what a body is, its reader knows
type Answer = { readonly status: number; readonly body: any };

function send(agent: Agent, method: string, url: string, body?: unknown): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const headers = text === undefined ? {} : { 'content-type': 'application/json' };
    const sent = request(url, { agent, method, headers }, (response) => {
      let answer = '';
      response.on('data', (chunk) => {
        answer += chunk;
      });
      response.on('end', () =>
        resolve({ status: response.statusCode!, body: answer === '' ? null : JSON.parse(answer) }),
      );
    });
    sent.on('error', reject);
    sent.end(text);
  });
}

async function inParallel(count: number, atOnce: number, work: (i: number) => Promise<void>): Promise<void> {
  let next = 0;
  const one = async () => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: atOnce }, one));
}
