/** `rest-sessions health`: what a container's HEALTHCHECK asks, whatever the server's configuration is. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { describe, test } from 'node:test';
import { makeAuthority } from '../support/certificates.ts';
import { runCommand } from '../support/command.ts';
import { startServer, temporaryFolder } from '../support/server.ts';

describe('N10: health', () => {
  test('N10: is 0 while the server answers and 1 with a sentence when it does not (kind: plain, every address, IPv6, a name)', async (t) => {
    for (const host of ['127.0.0.1', '0.0.0.0', '::1', 'localhost']) {
      const env = { RS_STORE: 'memory:', RS_HOST: host, ...(host === '0.0.0.0' && { RS_AUTH: 'none' }) };
      const server = await startServer(t, env);
      const health = (...words: string[]) =>
        runCommand(['health', ...words], { env: { ...env, RS_PORT: `${server.port}` } });
      const [alive, ready] = await Promise.all([health(), health('--ready')]);
      assert.deepEqual([alive.status, alive.stderr], [0, ''], host);
      assert.match(alive.stdout, /^alive: http:\/\//);
      assert.match(ready.stdout, /^ready: http:\/\//);
      if (host !== '127.0.0.1') continue;
      await server.end();
      const gone = await health();
      assert.deepEqual([gone.status, gone.stdout], [1, '']);
      assert.match(gone.stderr, /^rest-sessions: http:\/\/127\.0\.0\.1:\d+ does not answer: ECONNREFUSED\n$/);
    }
  });

  test('N10: knows TLS, also where every client needs a certificate (kind: HTTPS, mutual TLS, with a client certificate and without)', async (t) => {
    const folder = temporaryFolder(t);
    const ca = makeAuthority(folder);
    const other = makeAuthority(folder, 'other');
    const { cert, key } = other.issue('server', '/CN=sessions.example', 'DNS:sessions.example');
    const client = ca.issue('client', '/CN=probe', 'DNS:probe');
    for (const more of [{}, { RS_TLS_CLIENT_CA: ca.cert }, { RS_TLS_CLIENT_CA: other.cert }]) {
      const env = { RS_STORE: 'memory:', RS_TLS_CERT: cert, RS_TLS_KEY: key, ...more };
      const server = await startServer(t, env);
      const health = (...words: string[]) =>
        runCommand(['health', ...words], { env: { ...env, RS_PORT: `${server.port}` } });
      const [alive, ready] = await Promise.all([health(), health('--ready')]);
      assert.deepEqual([alive.status, alive.stderr], [0, '']);
      assert.match(alive.stdout, /^alive: https:\/\/127\.0\.0\.1:\d+/);
      const isKnown = more.RS_TLS_CLIENT_CA !== ca.cert;
      assert.equal(ready.status, isKnown ? 0 : 1, ready.stderr);
      if (isKnown) continue;
      assert.match(ready.stderr, /it asks for a client certificate: name one with --cert and --key/);
      const shown = await health('--ready', '--cert', client.cert, '--key', client.key);
      assert.deepEqual([shown.status, shown.stderr], [0, '']);
    }
  });

  test('N10: is 1 for a server that hangs, one that is another, and a configuration with a fault; 2 for wrong words', async (t) => {
    const mute = createServer(() => {}).listen(0, '127.0.0.1');
    t.after(() => mute.close());
    await new Promise((resolve) => mute.once('listening', resolve));
    const { port } = mute.address() as { port: number };
    const hung = await runCommand(['health'], { env: { RS_PORT: `${port}` } });
    assert.equal(hung.status, 1);
    assert.match(hung.stderr, /does not answer: no answer within/);
    assert.equal((await runCommand(['health'], { env: { RS_PORT: 'x' } })).status, 1);
    assert.match((await runCommand(['health'], { env: { RS_PORT: '0' } })).stderr, /RS_PORT=0/);
    for (const words of [['x'], ['--prot'], ['--cert', 'x']]) {
      assert.equal((await runCommand(['health', ...words])).status, 2);
    }
  });

  test('N10: is what the image asks, and the image is of a Node that is maintained', () => {
    const dockerfile = readFileSync(new URL('../../../../Dockerfile', import.meta.url), 'utf8');
    const [, program] = /HEALTHCHECK .*\\\n {2}CMD (\[.+\])\n/.exec(dockerfile)!;
    assert.deepEqual(JSON.parse(program!), ['node', 'packages/server/dist/cli/main.js', 'health']);
    const bases = [...dockerfile.matchAll(/^FROM (\S+)/gm)].map((match) => match[1]);
    assert.deepEqual(bases, ['node:24-slim', 'node:24-slim']);
  });
});
