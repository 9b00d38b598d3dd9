/** Events and the near cache beside a real server: sessions that somebody else ends. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { freePorts } from '../../server/test/support/redis.ts';
import { rounds } from '../../server/test/support/rounds.ts';
import { type Cleanup, startServer, temporaryFolder } from '../../server/test/support/server.ts';
import { until } from '../../server/test/support/until.ts';
import { SessionClient, type SessionEvent } from '../src/index.ts';
import { startGate } from './support.ts';

const APP = 'shop';
const HOUR = 3_600_000;

/** Writes a policy by which the app keeps events. */
function policy(cleanup: Cleanup, members: object = {}): Record<string, string> {
  const file = join(temporaryFolder(cleanup), 'policy.json');
  writeFileSync(file, JSON.stringify({ apps: { [APP]: { events: true, ...members }, quiet: {} } }));
  return { RS_CONFIG: file };
}

/** Gives a client whose memory has begun, and how often the stream was heard and lost. */
async function nearClient(cleanup: Cleanup, url: string, maxStale = HOUR) {
  const states: boolean[] = [];
  const onChange = (isHeard: boolean) => void states.push(isHeard);
  const sessions = new SessionClient({ url, app: APP, timeout: 20_000, nearCache: { maxStale, onChange } });
  cleanup.after(() => sessions.close());
  await sessions.verify('a-token-that-a-test-chose-0123456');
  await until(() => states.at(-1) === true, 'the stream is heard');
  return { sessions, states };
}

/** Has the answer for a token in memory. */
async function keep(sessions: SessionClient, token: string): Promise<void> {
  await until(async () => (await sessions.verify(token))?.staleness?.source === 'memory', 'it is kept');
}

describe('a near cache beside a real server', () => {
  test('sessions that others end, rotate and change are asked for again, whatever ends them', async (t) => {
    const { url } = await startServer(t, policy(t, { updateEvents: true, maxSessionsPerSubject: 2 }));
    const { sessions } = await nearClient(t, url);
    const others = new SessionClient({ url, app: APP, timeout: 20_000 });
    const ends: Record<string, (token: string, id: string) => Promise<unknown>> = {
      'its token': (token) => others.revoke(token),
      'its id': (_token, id) => others.revokeById(id),
      'its subject': () => others.revokeSubject('ann'),
      'its app': () => others.revokeAll(APP),
      'a cap': async () => {
        for (let i = 0; i < 2; i++) await others.create({ subject: 'ann' });
      },
      'a rotation without grace': (token) => others.rotate(token, { grace: 0 }),
    };
    for (const [name, end] of Object.entries(ends)) {
      await others.revokeSubject('ann');
      const { token, session } = await others.create({ subject: 'ann' });
      await keep(sessions, token);
      await end(token, session.id);
      await until(async () => (await sessions.verify(token)) === null, name);
    }
    const { token } = await others.create({ subject: 'bob', data: { n: 1 } });
    await keep(sessions, token);
    await others.patch(token, { set: { n: 2 } });
    await until(async () => (await sessions.verify(token))!.data.n === 2, 'a change');
  });

  test('a session that expires is not given from memory after its deadline', async (t) => {
    const { url } = await startServer(t, policy(t, { minIdleTimeout: 1 }));
    const { sessions } = await nearClient(t, url);
    const { token } = await sessions.create({ subject: 'ann', idleTimeout: 4 });
    await keep(sessions, token);
    const { expiresAt } = (await sessions.verify(token))!;
    for (;;) {
      // One clock: the server is on this machine.
      const before = Date.now();
      const session = await sessions.verify(token);
      if (session === null) break;
      assert.ok(before <= Date.parse(expiresAt!), `at ${before}: ${JSON.stringify(session)}`);
    }
    assert.ok(Date.now() >= Date.parse(expiresAt!));
  });

  test('no answer is of before an end that was over when it was asked for, while another process ends sessions', async (t) => {
    const { url } = await startServer(t, policy(t));
    const { sessions } = await nearClient(t, url);
    const child = spawn(
      process.execPath,
      ['--import', 'tsx', fileURLToPath(new URL('./ending-client.ts', import.meta.url)), url, APP],
      { stdio: ['pipe', 'pipe', 'inherit'] },
    );
    t.after(() => child.kill('SIGKILL'));
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const made = await Promise.all(
      Array.from({ length: rounds(2000, 0.1) }, async (_, i) => (await sessions.create({ subject: `u${i}` })).token),
    );
    await Promise.all(made.map((token) => keep(sessions, token)));
    const endedAt = new Map<string, number>();
    /** When the last answer that said active was asked for. */
    const active = new Map<string, number>();
    let [isOver, fromMemory] = [false, 0];
    const look = async (token: string) => {
      const session = await sessions.verify(token);
      if (session === null) return active.delete(token);
      const { age, source } = session.staleness!;
      if (source === 'memory') fromMemory++;
      const asked = Date.now() - age;
      active.set(token, asked);
      const end = endedAt.get(token);
      // A millisecond for what the two clocks round.
      return assert.ok(end === undefined || asked <= end + 1, `asked ${asked - end!} ms after its end`);
    };
    const looking = (async () => {
      while (!isOver) {
        for (const token of made) await look(token);
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    const ending = (async () => {
      for (let i = 0; i < made.length; i += 20) {
        child.stdin.write(`${JSON.stringify(made.slice(i, i + 20))}\n`);
        for (const [token, isEnded, at] of JSON.parse((await lines.next()).value!)) {
          assert.equal(isEnded, true);
          endedAt.set(token, at);
        }
      }
      isOver = true;
    })();
    // The memory of an hour would hold them: only events end it.
    await Promise.all([looking, ending]);
    await until(async () => {
      for (const token of active.keys()) await look(token);
      return active.size === 0;
    }, 'all ends are known');
    assert.ok(fromMemory > 0);
    assert.equal(endedAt.size, made.length);
  });

  test('a server that stops and starts again costs no wrong answer: the client asks until it hears again', async (t) => {
    const [port] = (await freePorts(1)) as [number];
    const env = { ...policy(t), RS_PORT: `${port}`, RS_STORE: `lmdb:${temporaryFolder(t)}` };
    const first = await startServer(t, env);
    const { sessions, states } = await nearClient(t, first.url);
    const [one, two] = [await sessions.create({ subject: 'ann' }), await sessions.create({ subject: 'ann' })];
    await keep(sessions, one.token);
    await keep(sessions, two.token);
    await first.end();
    await until(() => states.at(-1) === false, 'the loss is seen');
    await assert.rejects(sessions.verify(one.token), { code: 'unreachable' });
    const second = await startServer(t, env);
    await new SessionClient({ url: second.url, app: APP, timeout: 20_000 }).revoke(one.token);
    assert.equal(await sessions.verify(one.token), null);
    await until(() => states.at(-1) === true, 'the stream is heard again');
    await keep(sessions, two.token);
    assert.equal(await sessions.verify(one.token), null);
  });

  test('an app that keeps no events is told, and each answer is of the server', async (t) => {
    const { url } = await startServer(t, { ...policy(t), RS_STORE: 'memory:' });
    const errors: unknown[] = [];
    const onChange = (_isHeard: boolean, error: unknown) => void errors.push((error as Error).message);
    const sessions = new SessionClient({ url, app: 'quiet', nearCache: { maxStale: HOUR, onChange } });
    t.after(() => sessions.close());
    const { token } = await sessions.create();
    await sessions.verify(token);
    await until(() => errors.length > 0);
    assert.match(String(errors[0]), /events/);
    assert.equal((await sessions.verify(token))!.staleness!.source, 'server');
  });

  test('a process ends though its client listens', async (t) => {
    const { url } = await startServer(t, { ...policy(t), RS_STORE: 'memory:' });
    const client = new URL('../dist/index.js', import.meta.url);
    const program = `
      import { SessionClient } from '${client}';
      await new Promise((heard) => {
        const sessions = new SessionClient({ url: '${url}', app: '${APP}', nearCache: { maxStale: 1000, onChange: heard } });
        const again = () => sessions.verify('a-token-that-a-test-chose-0123456').then(() => setTimeout(again, 50).unref());
        again();
        setTimeout(() => {}, 3000);
      });`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    t.after(() => child.kill('SIGKILL'));
    await until(() => child.exitCode !== null, 'it has ended');
    assert.equal(child.exitCode, 0);
  });
});

describe('the events of a real server', () => {
  test('a stream that is cut again and again has all events, in the order of each session', async (t) => {
    const { url } = await startServer(t, policy(t, { updateEvents: true }));
    let cuts = 0;
    const gate = await startGate(t, url, (near, request, pass) => {
      pass();
      if (!request.includes('text/event-stream')) return;
      cuts++;
      setTimeout(() => near.destroy(), 60 + (cuts % 5) * 30);
    });
    const direct = new SessionClient({ url, app: APP, timeout: 20_000 });
    const leaving = new AbortController();
    const heard: SessionEvent[] = [];
    const { next } = await direct.eventsPage({ after: 'end' });
    const listening = (async () => {
      for await (const told of new SessionClient({ url: gate.url, app: APP }).events({
        after: next,
        signal: leaving.signal,
      })) {
        assert.notEqual(told.type, 'resync');
        if (told.type !== 'resync') heard.push(told);
      }
    })().catch((error) => {
      if (!leaving.signal.aborted) throw error;
    });
    for (let i = 0; cuts < rounds(100, 0.08); i++) {
      const { token } = await direct.create({ subject: `u${i}` });
      await direct.patch(token, { set: { i } });
      await direct.revoke(token, { reason: `round ${i}` });
    }
    const all: SessionEvent[] = [];
    for (let after = next, isEnd = false; !isEnd; ) {
      const page = await direct.eventsPage({ after, limit: 1000 });
      isEnd = page.events.length === 0;
      after = page.next;
      all.push(...page.events);
    }
    const ids = () => new Set(heard.map(({ id }) => id));
    await until(() => ids().size >= all.length, 'all have come');
    leaving.abort();
    await listening;
    assert.deepEqual([...ids()].sort(), all.map(({ id }) => id).sort());
    const countOf = ({ sequence }: SessionEvent) => Number(sequence.split('.')[1]);
    for (const session of new Set(all.map(({ subject }) => subject))) {
      const counts = heard.filter(({ subject }) => subject === session).map(countOf);
      assert.deepEqual(
        [...new Set(counts)],
        [...new Set(counts)].sort((a, b) => a - b),
      );
    }
    const last = all.findLast(({ type }) => type === 'session.ended')!;
    assert.equal(last.type === 'session.ended' && last.data.reason, 'logout');
    assert.match(String(last.type === 'session.ended' && last.data.note), /^round \d+$/);
  });

  test('a history tells what ended, until it is erased', async (t) => {
    const { url } = await startServer(t, { ...policy(t, { history: { days: 30 } }), RS_STORE: 'memory:' });
    const sessions = new SessionClient({ url, app: APP });
    const { session } = await sessions.create({ subject: 'a/b', label: 'phone' });
    await sessions.revokeById(session.id, { reason: 'lost' });
    const [entry] = await sessions.history('a/b');
    assert.deepEqual([entry!.id, entry!.label, entry!.reason, entry!.note], [session.id, 'phone', 'revoked', 'lost']);
    assert.deepEqual([await sessions.eraseHistory('a/b'), await sessions.history('a/b')], [1, []]);
  });

  test('a page waits for an event', async (t) => {
    const { url } = await startServer(t, { ...policy(t), RS_STORE: 'memory:' });
    const sessions = new SessionClient({ url, app: APP });
    const { next } = await sessions.eventsPage({ after: 'end' });
    const waiting = sessions.eventsPage({ after: next, wait: 30, types: ['session.created'] });
    const { session } = await sessions.create();
    const { events } = await waiting;
    assert.deepEqual(
      events.map(({ subject }) => subject),
      [session.id],
    );
  });
});
