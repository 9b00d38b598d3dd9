/** The scripts of examples/ are run as they stand. What the pages show is run by pages.test.ts. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startServer } from '../support/server.ts';

const shell = promisify(execFile);
const root = fileURLToPath(new URL('../../../../', import.meta.url));

test('examples/curl.sh walks a session through its life', async (t) => {
  const server = await startServer(t, { RS_STORE: 'memory:' });
  const { stdout } = await shell('bash', [`${root}examples/curl.sh`, server.url]);
  const answers = stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => line.replaceAll(/"idle":\d+/g, '"idle":N'));
  const session =
    '"id":"user123","r":%,"w":1,"ttl":86400,"idle":N,"ip":"192.168.99.22","d":{"name":"Peter Smith","unread_msgs":12}';
  assert.deepEqual(answers, [
    '{"token":"TOKEN"}',
    `{${session.replace('%', '1')}}`,
    '{"id":"user123","r":2,"w":2,"ttl":86400,"idle":N,"ip":"192.168.99.22","d":{"name":"Peter Smith","theme":"dark"}}',
    '{"activity":1}',
    '{"sessions":[{"id":"user123","r":2,"w":2,"ttl":86400,"idle":N,"ip":"192.168.99.22","d":{"name":"Peter Smith","theme":"dark"}}]}',
    '{"kill":1}',
    '{}',
    '{"kill":0}',
  ]);
});
