/** SIGHUP to the supervisor reaches every worker: certificates, keys and policy are new in all of them at once, and in no connection half. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { connect, type TLSSocket } from 'node:tls';
import { hashKey, newKey } from '../../src/keys/format.ts';
import { type Authority, makeAuthority } from '../support/certificates.ts';
import { lastFirst, temporaryFolder } from '../support/server.ts';
import { until } from '../support/until.ts';
import { startWorkers, type WorkersProcess } from '../support/workers.ts';

const WORKERS = 3;
const cleanup = lastFirst({ after });
let folder: string;
let ca: Authority;
before(() => {
  folder = temporaryFolder(cleanup);
  ca = makeAuthority(folder);
});

interface Asked {
  readonly certificate: string;
  readonly answer: string;
}

/** Asks on a connection of its own, which is handed out in turns: as many as there are workers reach all of them. */
async function askAll(server: WorkersProcess, request: (n: number) => string): Promise<Asked[]> {
  const asked: Asked[] = [];
  for (let n = 0; n < WORKERS; n++) {
    const socket = await secure(server.port);
    asked.push({ certificate: `${socket.getPeerCertificate().subject.CN}`, answer: await ask(socket, request(n)) });
    socket.destroy();
  }
  return asked;
}

async function secure(port: number): Promise<TLSSocket> {
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  return socket;
}

async function ask(socket: TLSSocket, request: string): Promise<string> {
  socket.write(request);
  const [data] = await once(socket, 'data');
  return String(data);
}

const create = (key: string, user: string) =>
  `PUT /shop/create/${user}?ip=1.1.1.1 HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${key}\r\nContent-Length: 0\r\n\r\n`;
const policyOf = (key: string) =>
  `GET /v1/apps/shop HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${key}\r\n\r\n`;
const statusOf = ({ answer }: Asked) => Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1]);

for (const how of ['SIGHUP', 'by themselves']) {
  test(`certificate, keys and policy that change are taken by all of ${WORKERS} workers (${how}); a fault changes none of them`, async (t) => {
    const at = (name: string) => join(folder, `${how === 'SIGHUP' ? 'hup' : 'own'}-${name}`);
    const [cert, key, keys, policy] = [at('live.pem'), at('live.key'), at('keys.json'), at('policy.json')];
    const serve = (name: string) => {
      const made = ca.issue(`${how === 'SIGHUP' ? 'hup' : 'own'}-${name}`, `/CN=${name}`, 'DNS:localhost');
      copyFileSync(made.cert, cert);
      copyFileSync(made.key, key);
    };
    const [kept, revoked] = [newKey(), newKey()];
    const write = (...names: [string, string][]) =>
      writeFileSync(
        keys,
        JSON.stringify({
          keys: names.map(([name, own]) => ({ name, hash: hashKey(own), apps: '*', scopes: ['read', 'write'] })),
        }),
        { mode: 0o600 },
      );
    serve('first');
    write(['kept', kept], ['revoked', revoked]);
    writeFileSync(policy, '{"apps":{"shop":{"idleTimeout":600}}}');
    const server = await startWorkers(t, WORKERS, {
      ...{ RS_TLS_CERT: cert, RS_TLS_KEY: key, RS_KEYS_FILE: keys, RS_CONFIG: policy, RS_LOGLEVEL: 'combined' },
    });
    const answeredBy = (msg: string, from: number) =>
      new Set(
        server
          .lines()
          .slice(from)
          .flatMap((line) => (line.msg === msg ? [line.worker] : [])),
      );
    /** Once all workers have said so. */
    const all = (msg: string, from: number) => until(() => answeredBy(msg, from).size === WORKERS, msg);
    const change = () => how === 'SIGHUP' && server.child.kill('SIGHUP');

    // Connections that were there before, one of each worker: they stay, with what they were opened with, but keys are asked anew.
    const open = [];
    for (let n = 0; n < WORKERS; n++) {
      const socket = await secure(server.port);
      assert.match(await ask(socket, create(revoked, `u${n}`)), /^HTTP\/1\.1 200/);
      open.push(socket);
    }
    assert.deepEqual((await askAll(server, (n) => create(revoked, `v${n}`))).map(statusOf), [200, 200, 200]);
    await until(() => server.lines().filter(({ msg }) => msg === 'request').length === 2 * WORKERS);
    assert.equal(answeredBy('request', 0).size, WORKERS, 'each of them was asked');

    let from = server.lines().length;
    serve('second');
    write(['kept', kept]);
    writeFileSync(policy, '{"apps":{"shop":{"idleTimeout":700}}}');
    change();
    for (const msg of ['the TLS files were read again; open connections stay', 'the API keys were read again'])
      await all(msg, from);
    await all('the policy file was read again', from);
    const after = await askAll(server, () => policyOf(kept));
    assert.deepEqual(
      after.map(({ certificate, answer }) => [certificate, /"idleTimeout":(\d+)/.exec(answer)?.[1]]),
      Array(WORKERS).fill(['second', '700']),
    );
    assert.deepEqual((await askAll(server, () => policyOf(revoked))).map(statusOf), [401, 401, 401]);
    for (const socket of open) {
      assert.match(await ask(socket, create(revoked, 'late')), /^HTTP\/1\.1 401/, 'on an open connection, too');
      socket.destroy();
    }

    if (how === 'SIGHUP') {
      // Unchanged files are read again for the signal alone.
      from = server.lines().length;
      server.child.kill('SIGHUP');
      await all('the TLS files were read again; open connections stay', from);
      await all('the API keys were read again', from);
    }

    from = server.lines().length;
    for (const file of [cert, keys, policy]) writeFileSync(file, 'nonsense');
    change();
    for (const msg of [
      'the TLS files have a fault; those from before stay',
      'the API keys have a fault; those from before stay',
      'the policy file has a fault and is not used; the policy before it stays',
    ])
      await all(msg, from);
    assert.deepEqual(
      (await askAll(server, () => policyOf(kept))).map(({ certificate, answer }) => [
        certificate,
        /"idleTimeout":(\d+)/.exec(answer)?.[1],
      ]),
      Array(WORKERS).fill(['second', '700']),
    );
    assert.equal(await server.end(), 0);
  });
}
