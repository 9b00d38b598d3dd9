/** What the documents show is run as it stands, and gives what they show. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startServer } from '../support/server.ts';

const shell = promisify(execFile);
const root = fileURLToPath(new URL('../../../../', import.meta.url));

test('examples/curl.sh walks a session through its life', async (t) => {
  const server = await startServer(t, { RS_STORE: 'memory:' });
  const { stdout } = await shell('bash', [`${root}examples/curl.sh`, server.url]);
  const answers = stdout.split('\n').filter((line) => line.startsWith('{'));
  const session =
    '"id":"user123","r":%,"w":1,"ttl":86400,"idle":0,"ip":"192.168.99.22","d":{"name":"Peter Smith","unread_msgs":12}';
  assert.deepEqual(answers, [
    '{"token":"TOKEN"}',
    `{${session.replace('%', '1')}}`,
    '{"id":"user123","r":2,"w":2,"ttl":86400,"idle":0,"ip":"192.168.99.22","d":{"name":"Peter Smith","cart":["book"]}}',
    '{"activity":1}',
    '{"sessions":[{"id":"user123","r":2,"w":2,"ttl":86400,"idle":0,"ip":"192.168.99.22","d":{"name":"Peter Smith","cart":["book"]}}]}',
    '{"kill":1}',
    '{}',
    '{"kill":0}',
  ]);
});

test('the v1 requests of the README give the answers it shows', async (t) => {
  const server = await startServer(t, { RS_STORE: 'memory:' });
  const block = /```sh\napi=(\S+)\n([\s\S]+?)```/.exec(readFileSync(`${root}README.md`, 'utf8'));
  assert.ok(block, 'the README shows v1 requests');
  const api = block[1]!.replace('http://127.0.0.1:3000', server.url);
  let token = '';
  for (const [, command, shown] of block[2]!.matchAll(/^(curl .+)\n# (.+)$/gm)) {
    const line = command!.replaceAll('$api', api).replaceAll('TOKEN', token);
    const { stdout } = await shell('bash', ['-c', line.replace(/^curl /, 'curl -s ')]);
    token ||= JSON.parse(stdout).token;
    // An ellipsis stands for members, or for what the server made up.
    const pattern = shown!
      .replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
      .replaceAll('…', '.+')
      .replaceAll('TOKEN', token);
    assert.match(stdout, new RegExp(`^${pattern}$`), line);
  }
  assert.match(token, /^\w{40}$/);
});

test('the classic requests of the README give the answers it shows', async (t) => {
  const server = await startServer(t, { RS_STORE: 'memory:' });
  const block = /```sh\n(curl -X PUT[\s\S]+?)```/.exec(readFileSync(`${root}README.md`, 'utf8'))?.[1];
  assert.ok(block, 'the README shows requests');
  let token = '';
  for (const [, command, shown] of block.matchAll(/^(curl .+(?:\\\n.+)*)\n# (.+)$/gm)) {
    const line = command!.replaceAll('http://127.0.0.1:3000', server.url).replaceAll('TOKEN', token);
    const { stdout } = await shell('bash', ['-c', line.replace(/^curl /, 'curl -s ')]);
    token ||= JSON.parse(stdout).token;
    assert.equal(stdout.replaceAll(token, 'TOKEN'), shown!.replaceAll('…', ''), line);
  }
  assert.match(token, /^\w{64}$/);
});
