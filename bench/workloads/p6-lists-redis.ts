/**
 * P6: lists on Redis: the ten sessions of a user, a page of 100 of a large app, and all of it as the classic soapp does. Timed
 * at the store's verbs, where a server's time goes. The app's sessions were active over the last hour. Meanwhile another
 * connection reads one session after the other, and those reads say what a list does to everyone else.
 */
import type { ListQuery } from '../../packages/server/src/core/store.ts';
import { parseToken } from '../../packages/server/src/core/token.ts';
import { wholeList } from '../../packages/server/src/core/whole-list.ts';
import { fillOurs, openStore } from '../fill.ts';
import { startRedis } from '../redis.ts';
import { median, spread } from '../rounds.ts';
import { APP, DATA } from '../sessions.ts';
import type { Finding, Workload } from '../workload.ts';

const PER_USER = 10;
const LISTS = 200;
/** When the sessions were last seen. Units: milliseconds. */
const HOUR = 3_600_000;

export const p6: Workload = {
  target: 'P6',
  what: 'lists on Redis: time, and what others wait meanwhile',
  run: async (bench) => {
    const { location } = await startRedis(bench);
    const tokens = await fillOurs(location, { count: bench.many, data: DATA, perUser: PER_USER, seenWithin: HOUR });
    const [store, other] = [await openStore(bench, location), await openStore(bench, location)];
    const read = (i: number) => other.get(APP, parseToken(tokens[(i * 7919) % tokens.length]!), 'read', Date.now());
    /** Does work while others read; gives how long each of them waited. */
    const beside = async (work: () => Promise<void>) => {
      const waits: number[] = [];
      let working = true;
      const others = (async () => {
        for (let i = 0; working; i++) waits.push(await taken(() => read(i)));
      })();
      await work();
      working = false;
      await others;
      return waits;
    };
    const timed = async (queries: readonly ListQuery[], size: number) => {
      const times: number[] = [];
      const waits = await beside(async () => {
        for (const query of queries) {
          const begin = performance.now();
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
      what,
      unit: 'ms',
      ours: figure,
      peer: null,
      ratio: null,
      goal: { bound: 'at most', value: most },
      spread: spread(values),
      note: '',
      details: {},
    });
    const app = `an app of ${bench.many.toLocaleString('en-US')}`;
    return [
      finding(`list the ${PER_USER} sessions of a user, in ${app}`, ofUser.times, median(ofUser.times), 1.5),
      finding(`list 100 of ${app}`, ofApp.times, median(ofApp.times), 10),
      finding('the longest read of others during lists', ofApp.waits, Math.max(...ofUser.waits, ...ofApp.waits), 10),
      finding(`list all of ${app}, as soapp does: p99 of others`, ofAll, p99, 20),
    ];
  },
};

async function taken(work: () => Promise<unknown>): Promise<number> {
  const begin = performance.now();
  if ((await work()) === null) throw new Error('a session is not there');
  return performance.now() - begin;
}
