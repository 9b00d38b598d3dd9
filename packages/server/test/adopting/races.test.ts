/**
 * Of a kill on one side and a get on the other one wins, and everybody sees the same one: what was answered as ended opens nowhere any
 * more, and what was not ended opens here. Two processes of ours, and the old library, which kills in two or three steps.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseToken } from '../../src/core/token.ts';
import { RedisStore } from '../../src/stores/redis/redis-store.ts';
import { NOT_INSTALLED, oldLibrary, VERSIONS } from '../support/old-library.ts';
import { forAllTests, startRedis } from '../support/redis.ts';
import { rounds } from '../support/rounds.ts';
import type { Cleanup } from '../support/server.ts';
import { adopting } from './sides.ts';

const old = forAllTests((cleanup) => startRedis(cleanup));
const own = forAllTests((cleanup) => startRedis(cleanup));
const ROUNDS = rounds(2000, 0.1);
const AT_ONCE = 20;

let last = 0;

async function open(t: Cleanup, version: (typeof VERSIONS)[number]) {
  const url = `redis://127.0.0.1:${own().port}`;
  const options = { url, namespace: 'drs', timeout: 30_000, onError: () => {} };
  const stores = [new RedisStore(options), new RedisStore(options)];
  for (const store of stores) t.after(() => store.close());
  const [a, b] = await Promise.all(stores.map(async (store) => (await adopting(t, store, old().port)).store));
  return { app: `race${++last}`, theirs: oldLibrary(t, version, old().port), a: a!, b: b! };
}

/** Runs rounds, some at once, and gives what they gave. */
async function repeat<T>(round: (i: number) => Promise<T>): Promise<T[]> {
  const all: T[] = [];
  for (let i = 0; i < ROUNDS; i += AT_ONCE) {
    all.push(...(await Promise.all(Array.from({ length: AT_ONCE }, (_, j) => round(i + j)))));
  }
  return all;
}

const turns = async (count: number) => {
  for (let i = 0; i < count; i++) await new Promise(setImmediate);
};
const some = (most: number) => Math.floor(Math.random() * most);

describe('of a kill by the old library and a get here, one wins', { skip: NOT_INSTALLED }, () => {
  for (const version of VERSIONS) {
    for (const verb of ['kill', 'killsoid'] as const) {
      test(`${verb} of version ${version}`, async (t) => {
        const { app, theirs, a, b } = await open(t, version);
        const outcomes = await repeat(async (i) => {
          const user = `user${i}`;
          const token = await theirs.create(app, user);
          const get = async (store: typeof a, wait: number) => {
            await turns(wait);
            return store.get(app, parseToken(token), 'read', Date.now());
          };
          const kill = async () => {
            await turns(some(4));
            return verb === 'kill' ? theirs.kill(app, token) : theirs.killsoid(app, user);
          };
          const [killed] = await Promise.all([kill(), get(a, some(6)), get(b, some(6))]);
          const there = await get(some(2) === 0 ? a : b, 0);
          assert.equal(await theirs.get(app, token), null, 'it opens there no more');
          assert.equal(
            killed === 1,
            there === null,
            `killed: ${killed}, and here ${there === null ? 'nothing' : 'it is'}`,
          );
          return killed;
        });
        t.diagnostic(`${ROUNDS} rounds: ${outcomes.filter((killed) => killed === 1).length} killed`);
      });
    }
  }
});

describe('what was ended here is ended there, whoever takes it over meanwhile', { skip: NOT_INSTALLED }, () => {
  for (const by of ['token', 'id', 'subject', 'app'] as const) {
    test(`by ${by}`, async (t) => {
      const { app: prefix, theirs, a, b } = await open(t, 4);
      await repeat(async (i) => {
        const [app, user] = [`${prefix}r${i}`, `user${i}`];
        const token = await theirs.create(app, user);
        const ref = parseToken(token);
        const page = by === 'id' ? await a.list(app, { subject: user, limit: 10 }, Date.now()) : null;
        const selector = {
          token: { by: 'token', token: ref },
          id: { by: 'id', id: page?.sessions[0]?.id ?? '' },
          subject: { by: 'subject', subject: user },
          app: { by: 'app' },
        }[by] as Parameters<typeof a.revoke>[1];
        const end = async () => {
          await turns(some(6));
          return a.revoke(app, selector, Date.now());
        };
        const get = async () => {
          await turns(some(6));
          await b.get(app, parseToken(token), 'read', Date.now());
        };
        const [ended] = await Promise.all([end(), get(), get()]);
        assert.equal(ended, 1);
        assert.equal(await b.get(app, parseToken(token), 'read', Date.now()), null);
        assert.equal(await theirs.get(app, token), null);
        assert.equal((await b.list(app, { subject: user, limit: 10 }, Date.now())).sessions.length, 0);
      });
    });
  }
});
