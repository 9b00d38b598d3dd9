/**
 * `npm run events-loss`: whether a journal keeps what it says when its store fails under load, 30 times: each change that was answered
 * is told, in the order of its session, and so is each change that the store has in the end. Prints what was lost (0), out of order (0),
 * told though it was not done (0), told twice (which may be), and which updates the store took back with their events (0 where it promises
 * them), and writes it to bench/results/events-loss.json. `--store NAME` for another store than the embedded one,
 * `--failures N` for another number, `--dry` to write nothing.
 * Exit code 0: all that should be 0 is. 1: something is not, or it could not be measured. 2: wrong use.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { policyFile } from './events/cost.ts';
import { FAILING, type Failing } from './events/failing.ts';
import { compare, type Known, type ToldEvent } from './events/known.ts';
import { RESULTS } from './results.ts';

const FILE = join(RESULTS, 'events-loss.json');
const APP = 'loss';
const WORKERS = 16;
const UPDATES = 3;
/** Units: milliseconds. */
const SETTLED = 9000;
/** How long there is load before a failure, at most; and so many sessions at least. Units: milliseconds. */
const LOAD_FOR = 400;
const LOAD = 30;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      store: { type: 'string', default: 'embedded' },
      failures: { type: 'string', default: '30' },
      dry: { type: 'boolean', default: false },
    },
  });
  const failures = Number(values.failures);
  const open = FAILING[values.store];
  if (!(failures >= 1) || open === undefined) {
    console.error(`Usage: npm run events-loss -- [--store ${Object.keys(FAILING).join('|')}] [--failures 30] [--dry]`);
    return 2;
  }
  const ends: (() => unknown)[] = [];
  const bench = { after: (end: () => unknown) => void ends.unshift(end) };
  try {
    const policy = policyFile(bench, { defaults: { events: true, updateEvents: true } });
    const store = await open(bench, { RS_CONFIG: policy, RS_LOGLEVEL: 'error' });
    const known = await loadAndFail(store, failures);
    // What a failure left in an outbox of a Cluster is brought on within five seconds: until then it is late, and not lost.
    await delay(SETTLED);
    await askVersions(known, store.url());
    const result = { date: new Date().toISOString(), failures, ...compare(known, await eventsOf(store.url())) };
    console.log(`${values.store}: ${JSON.stringify(result)}`);
    if (!values.dry) keep(values.store, result);
    const undone = store.keepsUpdates ? result.undone : 0;
    return result.changes > 0 && result.lost + result.disordered + result.invented + undone === 0 ? 0 : 1;
  } finally {
    for (const end of ends) await end();
  }
}

/** Gives what is known of all sessions after the last failure. */
async function loadAndFail(store: Failing, failures: number): Promise<Map<string, Known>> {
  const known = new Map<string, Known>();
  for (let i = 0; i < failures; i++) {
    const state = { isOver: false };
    const workers = Array.from({ length: WORKERS }, (_, own) => work(store, `u${own}`, known, state));
    for (const before = known.size; known.size < before + LOAD; ) await delay(5);
    await delay(Math.random() * LOAD_FOR);
    const failed = store.fail();
    await failed;
    state.isOver = true;
    await Promise.all(workers);
  }
  return known;
}

/** Creates, changes and ends sessions until it is over. A request that fails says nothing of its change. */
async function work({ url }: Failing, subject: string, known: Map<string, Known>, state: { isOver: boolean }) {
  for (let i = 0; !state.isOver; i++) {
    const created = await send(url(), 'POST', '/sessions', { subject: `${subject}-${i % 50}`, idleTimeout: 7200 });
    if (created === null) continue;
    const { token, session } = created as { token: string; session: { id: string } };
    const own: Known = { versions: [], asked: 1, ended: 'no', stored: null };
    known.set(session.id, own);
    for (let n = 0; n < UPDATES && own.asked === own.versions.length + 1; n++) {
      own.asked++;
      const updated = (await send(url(), 'PUT', '/session/data', { n }, token)) as { version: number } | null;
      if (updated !== null) own.versions.push(updated.version);
    }
    if (i % 3 === 0) continue;
    own.ended = 'asked';
    if ((await send(url(), 'DELETE', '/session', undefined, token)) !== null) own.ended = 'yes';
  }
}

/** Sends a request. Gives what was answered. Absence: null when it was not done, or nobody knows. */
async function send(url: string, method: string, path: string, body?: unknown, token?: string): Promise<unknown> {
  try {
    const answer = await fetch(`${url}/v1/apps/${APP}${path}`, {
      method,
      headers: {
        ...(body !== undefined && { 'Content-Type': 'application/json' }),
        ...(token !== undefined && { 'Session-Token': token }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (answer.ok) return text === '' ? {} : JSON.parse(text);
  } catch {
    // It failed on its way.
  }
  // Nobody is there for a moment.
  await delay(20);
  return null;
}

/** Asks for what the store has of the sessions that have not ended. */
async function askVersions(known: ReadonlyMap<string, Known>, url: string): Promise<void> {
  for (const [id, own] of known) {
    const session = own.ended === 'yes' ? null : await send(url, 'GET', `/sessions/${id}`);
    own.stored = (session as { version: number } | null)?.version ?? null;
  }
}

async function eventsOf(url: string): Promise<ToldEvent[]> {
  const all: ToldEvent[] = [];
  for (let after = ''; ; ) {
    const page = (await send(url, 'GET', `/events?limit=1000${after}`)) as { events: ToldEvent[]; next: string } | null;
    if (page === null) throw new Error('the journal cannot be read');
    all.push(...page.events);
    after = `&after=${encodeURIComponent(page.next)}`;
    if (page.events.length === 0) return all;
  }
}

/** Results of other stores stay. */
function keep(store: string, result: object): void {
  const before = existsSync(FILE) ? (JSON.parse(readFileSync(FILE, 'utf8')) as object) : {};
  writeFileSync(FILE, `${JSON.stringify({ ...before, [store]: result }, null, 1)}\n`);
}

process.exitCode = await main();
