/** Sessions move under load, with the old library writing: a part of what `npm run adopt` does with 100,000. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { NOT_INSTALLED, oldLibrary, VERSIONS } from '../support/old-library.ts';
import { PATIENT, startRedis } from '../support/redis.ts';
import { startServer, temporaryFolder } from '../support/server.ts';
import { moveUsers } from './moving-users.ts';

describe('users who move while they work', { skip: NOT_INSTALLED }, () => {
  for (const [words, workers] of [
    ['one process', 1],
    ['three workers', 3],
  ] as const) {
    for (const store of ['lmdb', 'redis'] as const) {
      test(`to ${words} with the store ${store}: none is logged out, none is back after its end`, async (t) => {
        const [old, own] = [await startRedis(t), await startRedis(t)];
        const server = await startServer(t, {
          ...PATIENT,
          RS_ADOPT: `redis://127.0.0.1:${old.port}?namespace=rs`,
          RS_WORKERS: `${workers}`,
          RS_STORE: store === 'lmdb' ? `lmdb:${temporaryFolder(t)}` : `redis://127.0.0.1:${own.port}`,
        });
        const libraries = VERSIONS.map((version) => oldLibrary(t, version, old.port));
        const moved = await moveUsers({ libraries, url: server.url, app: 'forum', sessions: 600, atOnce: 30 });
        t.diagnostic(JSON.stringify(moved));
        assert.deepEqual([moved.loggedOut, moved.revived, moved.lost], [0, 0, 0]);
        assert.ok(moved.ended > 0);
        assert.doesNotMatch(server.output(), /"level":"error"/);
      });
    }
  }
});
