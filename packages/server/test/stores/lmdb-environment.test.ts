/** The environment of a data folder that another process writes to beside it: nothing in it can be trusted, and nothing may break. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ServiceError } from '../../src/core/errors.ts';
import { Environment } from '../../src/stores/lmdb/environment.ts';
import { temporaryFolder } from '../support/server.ts';

test('a store whose format cannot be read any more refuses each act as unavailable, tells why, and serves again when it can (R4)', async (t) => {
  const environment = new Environment(temporaryFolder(t), {});
  t.after(() => environment.close());
  let damage: Error | null = null;
  environment.guardedBy(() => {
    if (damage !== null) throw damage;
    return null;
  });
  const write = () => environment.transaction(() => environment.root.putSync('key', 'value'), { room: 1 });
  const acts = {
    write,
    read: () => environment.read(() => environment.root.get('key')),
    snapshot: () => environment.snapshot(async () => 1),
  };
  await write();

  damage = new Error('MDB_CORRUPTED: Located page was wrong type');
  assert.match(environment.fault()!, /^the format of the store in \S+ cannot be read \(MDB_CORRUPTED: .+\)$/);
  for (const [name, act] of Object.entries(acts)) {
    const isUnavailable = (error: unknown) => error instanceof ServiceError && error.code === 'store_unavailable';
    await assert.rejects(act(), isUnavailable, name);
  }

  damage = null;
  assert.equal(environment.fault(), null);
  for (const act of Object.values(acts)) await act();
});
