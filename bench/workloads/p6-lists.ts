/**
 * P6: lists: the ten sessions of a user, a page of 100 of a large app, and all of it as the classic soapp lists it, on Redis and on
 * the embedded store. Timed at the store's verbs, where a server's time goes. The app's sessions were active over the last
 * hour. Meanwhile others read one session after the other: from Redis over a connection of their own, from the embedded
 * store in the same process. The longest of those reads says what a list does to everyone else.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { ListQuery, SessionStore } from '../../packages/server/src/core/store.ts';
import { parseToken } from '../../packages/server/src/core/token.ts';
import { wholeList } from '../../packages/server/src/core/whole-list.ts';
import { type Filling, fillEmbedded, fillOurs, openEmbedded, openStore } from '../fill.ts';
import { temporaryFolder } from '../process.ts';
import { startRedis } from '../redis.ts';
import { median, spread } from '../rounds.ts';
import { APP, DATA } from '../sessions.ts';
import type { Bench, Finding, Workload } from '../workload.ts';

const PER_USER = 10;
const LISTS = 200;
/** No more lists of one kind after that. Units: milliseconds. */
const LONGEST = 2000;
/** Between two reads of others. Units: milliseconds. */
const PAUSE = 1;
/** When the sessions were last seen. Units: milliseconds. */
const HOUR = 3_600_000;

export const p6: Workload = {
  target: 'P6',
  what: 'lists: time, and what others wait meanwhile',
  run: async (bench) => {
    const filling = { count: bench.many, data: DATA, perUser: PER_USER, seenWithin: HOUR };
    return { findings: [...(await onRedis(bench, filling)), ...(await onEmbedded(bench, filling))] };
  },
};

async function onRedis(bench: Bench, filling: Filling): Promise<Finding[]> {
  const { location } = await startRedis(bench);
  const tokens = await fillOurs(location, filling);
  return measure(bench, 'Redis', await openStore(bench, location), await openStore(bench, location), tokens);
}

async function onEmbedded(bench: Bench, filling: Filling): Promise<Finding[]> {
  const folder = temporaryFolder(bench);
  const tokens = await fillEmbedded(folder, filling);
  const store = openEmbedded(bench, folder);
  return measure(bench, 'embedded', store, store, tokens);
}

async function measure(
  bench: Bench,
  where: string,
  store: SessionStore,
  other: SessionStore,
  tokens: readonly string[],
): Promise<Finding[]> {
  const read = (i: number) => other.get(APP, parseToken(tokens[(i * 7919) % tokens.length]!), 'read', Date.now());
  /** Does work while others read; gives how long each of them waited. */
  const beside = async (work: () => Promise<void>) => {
    const waits: number[] = [];
    let working = true;
    const others = (async () => {
      for (let i = 0; working; i++) waits.push((await taken(() => delay(PAUSE).then(() => read(i)))) - PAUSE);
    })();
    await work();
    working = false;
    await others;
    return waits;
  };
  const timed = async (queries: readonly ListQuery[], size: number) => {
    const times: number[] = [];
    const waits = await beside(async () => {
      const end = performance.now() + LONGEST;
      for (const query of queries) {
        const begin = performance.now();
        if (begin > end) break;
        const { sessions } = await store.list(APP, query, Date.now());
        times.push(performance.now() - begin);
        if (sessions.length !== size) throw new Error(`a list had ${sessions.length} sessions`);
      }
    });
    return { times, waits };
  };
  const listAll = async () => {
    let listed = 0;
    const now = Date.now();
    for await (const { sessions } of wholeList((query) => store.list(APP, query, now), {}, now))
      listed += sessions.length;
    if (listed !== bench.many) throw new Error(`a whole list had ${listed} sessions`);
  };
  const users = Array.from({ length: LISTS }, (_, i) => ({ subject: `user${i}`, limit: 50 }));
  const pages = Array.from({ length: LISTS / 4 }, () => ({ limit: 100 }));
  await timed(users, PER_USER);
  const ofUser = await timed(users, PER_USER);
  const ofApp = await timed(pages, 100);
  const ofAll = (await beside(listAll)).sort((a, b) => a - b);
  const p99 = ofAll[Math.floor(ofAll.length * 0.99)]!;
  const finding = (what: string, values: readonly number[], figure: number, most: number): Finding => ({
    target: p6.target,
    what: `${what}, ${where}`,
    unit: 'ms',
    ours: figure,
    peer: null,
    ratio: null,
    goal: { bound: 'at most', value: most },
    spread: spread(values),
    note: '',
    details: {},
  });
  const longest = Math.max(...ofUser.waits, ...ofApp.waits);
  return [
    finding(`list the ${PER_USER} sessions of a user`, ofUser.times, median(ofUser.times), 1.5),
    finding(`list 100 of ${bench.many.toLocaleString('en-US')}`, ofApp.times, median(ofApp.times), 10),
    finding('the longest read of others during lists', [...ofUser.waits, ...ofApp.waits], longest, 10),
    finding('the p99 of others while all are listed, as soapp does', ofAll, p99, 20),
  ];
}

async function taken(work: () => Promise<unknown>): Promise<number> {
  const begin = performance.now();
  if ((await work()) === null) throw new Error('a session is not there');
  return performance.now() - begin;
}
