/**
 * `npm run restarts`: 200,000 requests across three rolling restarts, none of which may fail: by clients that keep their connections, and
 * by wrk; on the embedded store, and on Redis. `--requests N` is another number.
 */
import { after, before, describe, test } from 'node:test';
import { startRedis } from '../support/redis.ts';
import { lastFirst } from '../support/server.ts';
import { startWorkers, type WorkersProcess } from '../support/workers.ts';
import { type Rolled, restartUnderLoad, restartUnderWrk } from './rolling.ts';

const given = process.argv.indexOf('--requests');
const REQUESTS = given < 0 ? 200_000 : Number(process.argv[given + 1]);
const RESTARTS = 3;

for (const store of ['the embedded store', 'Redis']) {
  describe(`${RESTARTS} restarts of all workers under load on ${store}`, () => {
    const cleanup = lastFirst({ after });
    let server: WorkersProcess;
    before(async () => {
      const url = store === 'Redis' ? `redis://127.0.0.1:${(await startRedis(cleanup)).port}` : undefined;
      server = await startWorkers(cleanup, 2, url === undefined ? {} : { RS_STORE: url, RS_STORE_TIMEOUT: '20000' });
    });

    test('clients that keep their connections', async () => tell(await restartUnderLoad(server, REQUESTS, RESTARTS)));
    test('wrk', async () => tell(await restartUnderWrk(server, REQUESTS, RESTARTS)));
  });
}

function tell({ answered, failed }: Rolled): void {
  console.log(`${answered.toLocaleString('en-US')} answered, ${failed.length} failed`);
  if (failed.length > 0 || answered < REQUESTS) throw new Error(failed.join('\n'));
}
