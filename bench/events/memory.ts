/** What Redis keeps of an event: its memory with a journal, beside the same sessions without one, once all of them have ended. */
import { drive } from '../load.ts';
import { startServer } from '../process.ts';
import { memoryUsed, startRedis } from '../redis.ts';
import { APP } from '../sessions.ts';
import { number } from '../table.ts';
import type { Bench, Finding } from '../workload.ts';
import { policyFile } from './cost.ts';

/** Of the design. Units: bytes. */
const MOST = 65;

export async function memoryOfEvents(bench: Bench): Promise<Finding> {
  const redis = await startRedis(bench);
  const env = { RS_CONFIG: policyFile(bench, { defaults: { events: true } }) };
  const server = await startServer(bench, { store: redis.location, env });
  const load = { url: server.url, script: 'create-end.lua', args: [APP, '0'] };
  // The scripts, the connections and the first outboxes are there before it is measured.
  await drive({ ...load, seconds: 1 });
  await settled(server.url);
  const [before, first] = [await memoryUsed(redis), await eventsOf(server.url)];
  await drive({ ...load, seconds: bench.seconds * bench.rounds });
  await settled(server.url);
  const events = (await eventsOf(server.url)) - first;
  const each = ((await memoryUsed(redis)) - before) / events;
  return {
    target: 'E2',
    what: 'memory of Redis for a kept event',
    unit: 'B',
    ours: each,
    peer: null,
    ratio: null,
    goal: { bound: 'at most', value: MOST },
    spread: [each, each],
    note: `${number(events)} events of creates and ends in one journal`,
    details: { events },
  };
}

/** Counts the events of the app, as its pages give them. */
async function eventsOf(url: string): Promise<number> {
  let count = 0;
  for (let after = ''; ; ) {
    const page = await fetch(`${url}/v1/apps/${APP}/events?limit=1000${after}`);
    if (!page.ok) throw new Error(`a page of events: ${page.status}`);
    const { events, next } = (await page.json()) as { events: unknown[]; next: string };
    if (events.length === 0) return count;
    count += events.length;
    after = `&after=${encodeURIComponent(next)}`;
  }
}

/** Ends the sessions that are left, and waits until all is told. */
async function settled(url: string): Promise<void> {
  const ended = await fetch(`${url}/v1/apps/${APP}/sessions?confirm=${APP}`, { method: 'DELETE' });
  if (!ended.ok) throw new Error(`the end of the app: ${ended.status}`);
  for (let before = -1, now = 0; before !== now; ) {
    before = now;
    now = await eventsOf(url);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}
