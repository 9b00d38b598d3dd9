/**
 * `npm run restarts`: 200,000 requests across three rolling restarts, none of which may fail: by clients that keep their connections, and
 * by wrk; on the embedded store, and on Redis. `--requests N` is another number, `--store embedded` or `--store redis` takes one of the two.
 */
import { after, before, describe, test } from 'node:test';
import { parseArgs } from 'node:util';
import { startRedis } from '../support/redis.ts';
import { lastFirst } from '../support/server.ts';
import { startWorkers, type WorkersProcess } from '../support/workers.ts';
import { type Rolled, restartUnderLoad, restartUnderWrk } from './rolling.ts';

const { values } = parseArgs({
  options: { requests: { type: 'string', default: '200000' }, store: { type: 'string', multiple: true } },
});
const REQUESTS = Number(values.requests);
const NAMES = { embedded: 'the embedded store', redis: 'Redis' };
const RESTARTS = 3;

for (const [store, name] of Object.entries(NAMES)) {
  if (values.store?.includes(store) === false) continue;
  describe(`${RESTARTS} restarts of all workers under load on ${name}`, () => {
    const cleanup = lastFirst({ after });
    let server: WorkersProcess;
    before(async () => {
      const url = store === 'redis' ? `redis://127.0.0.1:${(await startRedis(cleanup)).port}` : undefined;
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
