/** A process of its own on an embedded store. For each line on its input it ends an app and prints how many sessions that were. */
import { createInterface } from 'node:readline';
import { LmdbStore } from '../../src/stores/lmdb/lmdb-store.ts';

const [path, namespace] = process.argv.slice(2) as [string, string];
const store = new LmdbStore({
  path,
  namespace,
  clock: Date.now,
  onError: (error) => {
    throw error;
  },
});
process.stdout.write('ready\n');
for await (const app of createInterface({ input: process.stdin })) {
  const began = Date.now();
  const ended = await store.revoke(app, { by: 'app' }, began);
  process.stdout.write(`${JSON.stringify({ began, ended })}\n`);
}
await store.close();
