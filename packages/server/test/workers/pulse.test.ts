/** The pulse: a worker that stands still is noticed and replaced, and one that is killed takes little of what it counted with it. */
import assert from 'node:assert/strict';
import cluster from 'node:cluster';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import pino from 'pino';
import { METRICS } from '../../src/workers/messages.ts';
import { Pulse } from '../../src/workers/pulse.ts';
import { Supervisor } from '../../src/workers/supervisor.ts';
import { Client } from '../support/client.ts';
import { scrape } from '../support/metrics.ts';
import { MAIN, temporaryFolder } from '../support/server.ts';
import { until } from '../support/until.ts';

interface Beating {
  readonly name: string;
}

describe('who stands still', () => {
  const [one, two, three] = ['one', 'two', 'three'].map((name): Beating => ({ name })) as [Beating, Beating, Beating];
  const begin = () => {
    const still: string[] = [];
    const asked: string[] = [];
    const pulse = new Pulse<Beating>({
      pace: { every: 1000, patience: 3 },
      members: () => [one, two, three],
      ask: ({ name }) => asked.push(name),
      onStill: ({ name }) => still.push(name),
    });
    const beat = (...answering: Beating[]) => {
      pulse.beat();
      for (const member of answering) pulse.heard(member);
    };
    return { pulse, beat, still, asked };
  };

  test('is one that does not answer for so many beats while another one does, and it is told once', () => {
    const { pulse, beat, still, asked } = begin();
    for (let i = 0; i < 3; i++) beat(one, three);
    assert.deepEqual([still, asked.length], [[], 9]);
    for (let i = 0; i < 5; i++) beat(one, three);
    assert.deepEqual(still, ['two']);
    assert.deepEqual([pulse.isGivenUp(two), pulse.isGivenUp(one)], [true, false]);
  });

  test('is nobody while none answers: that is the machine', () => {
    const { beat, still } = begin();
    beat(one, two, three);
    for (let i = 0; i < 20; i++) beat();
    assert.deepEqual(still, []);
    beat(two);
    beat(two);
    assert.deepEqual(still.sort(), ['one', 'three']);
  });

  test('is nobody who answers late, but in time', () => {
    const { beat, still } = begin();
    for (let i = 0; i < 20; i++) beat(one, two, ...(i % 3 === 2 ? [three] : []));
    assert.deepEqual(still, []);
  });
});

describe('workers under a supervisor whose pulse is quick', () => {
  /** Runs a supervisor in this process: what its workers tell it can be seen here. */
  const start = async (t: { after(fn: () => unknown): void }) => {
    const lines: Record<string, unknown>[] = [];
    const log = pino({ base: null }, { write: (line: string) => lines.push(JSON.parse(line)) });
    Object.assign(process.env, { RS_STORE: `lmdb:${temporaryFolder(t)}`, RS_PORT: '0' });
    const program = { exec: MAIN, args: ['serve'] };
    const supervisor = new Supervisor({ count: 2, program, log, pace: { every: 100, patience: 50 } });
    t.after(() => supervisor.stop());
    const { url } = await supervisor.start();
    const said = async (msg: string) => {
      await until(() => lines.some((line) => line.msg === msg));
      return lines.find((line) => line.msg === msg)!;
    };
    return { supervisor, url, said };
  };

  test('one that is stopped is replaced, and the connection that it had not taken is answered by another one', async (t) => {
    const { supervisor, url, said } = await start(t);
    const [still] = supervisor.pids;
    process.kill(still!, 'SIGSTOP');
    const clients = Array.from({ length: 4 }, () => new Client(url));
    t.after(() => clients.map((client) => client.close()));
    const answers = clients.map((client) => client.send('GET', '/livez').then(({ status }) => status));
    assert.deepEqual(await Promise.all(answers), [200, 200, 200, 200]);
    assert.equal((await said('a worker stands still; it is ended')).pid, still);
    assert.equal((await said('a worker that stood still has ended; another one takes its place')).pid, still);
    await said('a worker has taken the place of one that ended');
    assert.equal(supervisor.pids.includes(still!), false);
    assert.equal(supervisor.pids.length, 2);
  });

  test('what one had counted up to the last beat stays in the sum when it is killed', async (t) => {
    const { url, said } = await start(t);
    const client = new Client(url);
    t.after(() => client.close());
    const token = await client.create('shop', 'u');
    for (let i = 0; i < 20; i++) assert.equal((await client.send('GET', `/shop/get/${token}`)).status, 200);
    // All on one connection, so one worker has them all.
    const pid = await new Promise<number>((resolve) => {
      for (const worker of Object.values(cluster.workers ?? {})) {
        worker!.on('message', ({ kind, what, part }) => {
          if (kind === 'part' && what === METRICS && readsIn(part) === 20) resolve(worker!.process.pid!);
        });
      }
    });
    const died = once(Object.values(cluster.workers!).find((worker) => worker!.process.pid === pid)!, 'exit');
    process.kill(pid, 'SIGKILL');
    await died;
    await said('a worker has taken the place of one that ended');
    const shown = await scrape(`${url}/metrics`);
    assert.equal(shown.requests('/:app/get/:token', '2xx'), 20);
  });
});

function readsIn(snapshot: unknown): number {
  const families = snapshot as { name: string; series: { labels: string[]; counts?: number[] }[] }[];
  const requests = families.find(({ name }) => name.endsWith('http_request_duration_seconds'));
  const found = requests?.series.filter(({ labels }) => labels[0] === '/:app/get/:token') ?? [];
  return found.flatMap(({ counts = [] }) => counts).reduce((a, b) => a + b, 0);
}
