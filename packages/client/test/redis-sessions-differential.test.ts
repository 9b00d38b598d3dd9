/**
 * The same calls, drawn at random, to the published library on a real Redis and to our class on a real server. What comes of each is the
 * same, field by field, errors included. Both clocks stand still and go on together, by two seconds at least: within one second the
 * library loses time (below), and after each step it wipes, which by itself it does every ten minutes.
 *
 * Where the two differ on purpose the comparison says so: see `sameOutcome` and `withinActivity`.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Chance } from '../../server/test/support/chance.ts';
import { startRedis } from '../../server/test/support/redis.ts';
import { lastFirst } from '../../server/test/support/server.ts';
import { until } from '../../server/test/support/until.ts';
import { type Call, callOf, type Pair } from './redis-sessions/calls.ts';
import { published, serverBy, skip, stillClock, type Version } from './redis-sessions/versions.ts';

const { default: RedisSessions } = await import('../src/redis-sessions/index.ts');

const PING: Call = { method: 'ping', options: [], isFixed: false, isLook: false };
/** Of each version. */
const CALLS = 1500;

// biome-ignore lint/suspicious/noExplicitAny: results and errors of any shape
type Outcome = { readonly thrown?: any; readonly error?: any; readonly result?: any };

/** Makes a call in the manner of a version. */
// biome-ignore lint/suspicious/noExplicitAny: the library of any version, or ours
async function outcomeOf(sessions: any, version: Version, { method, options }: Call): Promise<Outcome> {
  if (version === 4) {
    return sessions[method](...options).then(
      (result: unknown) => ({ result }),
      (error: unknown) => ({ error }),
    );
  }
  return new Promise((resolve) => {
    try {
      sessions[method](...options, (error: unknown, result: unknown) => resolve(error ? { error } : { result }));
    } catch (thrown) {
      resolve({ thrown });
    }
  });
}

/** Whether an answer is that there is nothing. */
// biome-ignore lint/suspicious/noExplicitAny: results of any shape
function isEmpty(result: any): boolean {
  return result === null || Object.keys(result).length === 0 || result.kill === 0 || result.sessions?.length === 0;
}

const words = (error: Error | undefined) => error && { name: error.name, message: error.message };

/** Gives what is compared of an outcome: a token is any of 64 characters, and the order of a list is not told by the library. */
function plain({ thrown, error, result }: Outcome, { method, isFixed, isLook }: Call) {
  if (thrown !== undefined || error !== undefined) return { thrown: words(thrown), error: words(error) };
  if (typeof result?.token === 'string') return { result: { token: /^[A-Za-z0-9]{64}$/.test(result.token) } };
  const sessions = result?.sessions?.map((session: object) => JSON.stringify(session)).sort();
  if (sessions) return { result: { sessions } };
  const shown = result && { ...result };
  // The library answers what HSET said in the place of the count.
  if (method === 'set' && isFixed && shown?.id) delete shown.w;
  // The time of a look is that of the Date header, which no test moves.
  if (isLook) for (const name of ['idle', ...(isFixed ? ['ttl'] : [])]) delete shown?.[name];
  return { result: typeof shown === 'object' ? JSON.stringify(shown) : result };
}

/**
 * The library counts an id by its last use, also that of a session which has ended since, as long as the id has another one. Ours
 * counts the sessions that are there.
 */
function withinActivity(theirs: Outcome, ours: Outcome, ended: ReadonlySet<string>): void {
  const [most, least] = [theirs.result.activity, ours.result.activity];
  assert.ok(least <= most && most <= least + ended.size, `${least} is not ${most}, with ${ended.size} that have ended`);
}

for (const version of [2, 3, 4] as const) {
  test(`${CALLS} calls have the outcomes of redis-sessions ${version}`, { skip }, async (t) => {
    const cleanup = lastFirst(t);
    const clock = stillClock(cleanup);
    const [redis, { url }] = await Promise.all([startRedis(cleanup), serverBy(cleanup, clock)]);
    t.mock.timers.enable({ apis: ['Date'], now: clock.now() });
    const Published = published(version);
    const theirs = new Published({ port: redis.port, wipe: 0 });
    cleanup.after(() => theirs.quit());
    const ours = new RedisSessions({ url, timeout: 60_000, wipe: 0 });
    const seed = Number(process.env.RS_TEST_SEED ?? version);
    const chance = new Chance(seed);
    const pairs: Pair[] = [];
    /** Of each id with sessions that have ended, and others that have not. */
    const ended = new Set<string>();
    const seen = new Map<string, number>();
    for (let n = 0; n < CALLS; n++) {
      if (chance.below(12) === 0) {
        clock.goOn(1000 * chance.pick([2, 3, 5, 11, 47]));
        t.mock.timers.setTime(clock.now());
        await theirs._wipe();
        const now = Math.floor(clock.now() / 1000);
        await until(async () => (await redis.admin.zcount('rs:SESSIONS', '-inf', now)) === 0, 'it has wiped');
        // What follows the end of a session travels after it on the same connection.
        for (let i = 0; i < 3; i++) await outcomeOf(theirs, version, PING);
        for (const { id } of pairs) ended.add(id);
      }
      const call = callOf(chance, version, pairs);
      const [their, our] = await Promise.all([
        outcomeOf(theirs, version, call.theirs),
        outcomeOf(ours, version, call.ours),
      ]);
      const kind = our.result === undefined ? 'refused' : isEmpty(our.result) ? 'nothing' : 'found';
      seen.set(`${call.ours.method} ${kind}`, 1 + (seen.get(`${call.ours.method} ${kind}`) ?? 0));
      const about = `seed ${seed}, call ${n}: ${call.ours.method} ${JSON.stringify(call.ours.options)}`;
      if (call.ours.method === 'activity' && their.result && our.result) withinActivity(their, our, ended);
      else assert.deepEqual(plain(our, call.ours), plain(their, call.ours), about);
      if (call.ours.method === 'create' && our.result) {
        pairs.push({ ...call.created!, theirs: their.result.token, ours: our.result.token });
        if (pairs.length > 40) pairs.shift();
      }
      if (call.ours.method === 'kill') for (const { id } of pairs) ended.add(id);
    }
    await ours.quit();
    t.diagnostic([...seen].map(([kind, count]) => `${kind} ${count}`).join(', '));
    for (const method of ['create', 'get', 'set', 'kill', 'killsoid', 'soid', 'soapp', 'activity']) {
      assert.ok(seen.get(`${method} found`)! > 0 && seen.get(`${method} refused`)! > 0, method);
    }
  });
}
