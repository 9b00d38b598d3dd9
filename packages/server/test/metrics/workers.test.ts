/** The metrics of several workers are those of one server: summed, and never less than they were, whoever ends. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client } from '../support/client.ts';
import { metricsUrlOf, type Scrape, scrape } from '../support/metrics.ts';
import { startServer } from '../support/server.ts';
import { until } from '../support/until.ts';

const COUNT = '/:app/get/:token';

test('workers are counted together, through a restart of all and the death of one', async (t) => {
  const server = await startServer(t, { RS_WORKERS: '2', RS_METRICS_PORT: '0', RS_SWEEP_INTERVAL: '1' });
  const url = await metricsUrlOf(server);
  const clients = Array.from({ length: 6 }, () => new Client(server.url));
  t.after(() => {
    for (const client of clients) client.close();
  });
  const token = await clients[0]!.create('shop', 'u');
  /** Each has a connection of its own, so all workers get some. */
  const read = async () => {
    for (const client of clients) assert.equal((await client.send('GET', `/shop/get/${token}`)).status, 200);
  };
  const reads = (seen: Scrape) => seen.requests(COUNT, '2xx');
  for (let i = 0; i < 5; i++) await read();
  // Whichever of them is asked.
  for (let i = 0; i < 4; i++) {
    const seen = await scrape(url);
    assert.equal(reads(seen), 30);
    assert.equal(seen.of('sessions_created_total{app="other"}'), 1);
    assert.equal(seen.of('store_up'), 1);
  }
  await until(async () => (await scrape(url)).of('sessions{app="other"}') === 1);
  const files = (await scrape(url)).of('process_open_fds')!;
  assert.ok(files > 20, 'those of both');

  // A worker that is to leave would wait for them.
  for (const client of clients) client.close();
  server.child.kill('SIGUSR2');
  let counted = 30;
  /** A scrape may be with the very worker that dies. */
  const atLeast = async () => {
    const seen = await scrape(url).catch(() => null);
    const now = seen === null ? counted : reads(seen);
    assert.ok(now >= counted, `${now} after ${counted}`);
    counted = now;
  };
  await until(async () => {
    await atLeast();
    return server.output().includes('all workers are new');
  });
  await until(async () => reads(await scrape(url)) === 30);
  await read();
  assert.equal(reads(await scrape(url)), 36);

  counted = 36;
  const pids = /"workers":\[([\d,]+)\],"msg":"all workers are new"/.exec(server.output())![1]!.split(',').map(Number);
  process.kill(pids[0]!, 'SIGKILL');
  await until(async () => {
    await atLeast();
    return server.output().includes('a worker has taken the place of one that ended');
  });
  for (const client of clients) client.close();
  await read();
  assert.equal(reads(await scrape(url)), 42);
  assert.equal(await server.end(), 0);
});
