/**
 * 100,000 sessions of redis-sessions 2, 3 and 4 move here while everybody works (moving-users.ts), to a server of two workers:
 * `npm run adopt [-- SESSIONS]`. Ends with 1 when anybody was logged out, or was back after his end.
 */
import { oldLibrary, VERSIONS } from '../support/old-library.ts';
import { startRedis } from '../support/redis.ts';
import { startServer, temporaryFolder } from '../support/server.ts';
import { moveUsers } from './moving-users.ts';

const sessions = Number(process.argv[2] ?? 100_000);
const ends: (() => unknown)[] = [];
const cleanup = { after: (end: () => unknown) => void ends.unshift(end) };
try {
  const [old, own] = [await startRedis(cleanup), await startRedis(cleanup)];
  const libraries = VERSIONS.map((version) => oldLibrary(cleanup, version, old.port));
  for (const [kind, store] of [
    ['lmdb', `lmdb:${temporaryFolder(cleanup)}`],
    ['redis', `redis://127.0.0.1:${own.port}`],
  ] as const) {
    const RS_ADOPT = `redis://127.0.0.1:${old.port}?namespace=rs`;
    const server = await startServer(cleanup, { RS_ADOPT, RS_WORKERS: '2', RS_STORE: store });
    const moved = await moveUsers({ libraries, url: server.url, app: `forum-${kind}`, sessions, atOnce: 60 });
    console.log(kind, moved);
    if (moved.loggedOut + moved.revived + moved.lost > 0) process.exitCode = 1;
    await server.end();
  }
} finally {
  for (const end of ends) await end();
}
