/** Policy and certificates are read again when their files change, without a signal, and together. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { connect } from 'node:tls';
import { type Authority, makeAuthority } from '../support/certificates.ts';
import { Client } from '../support/client.ts';
import { type Cleanup, startServer, temporaryFolder } from '../support/server.ts';
import { until } from '../support/until.ts';

let folder: string;
let ca: Authority;
const cleanups: (() => unknown)[] = [];
before(() => {
  folder = temporaryFolder({ after: (fn) => void cleanups.push(fn) });
  ca = makeAuthority(folder);
});
after(() => Promise.all(cleanups.map((fn) => fn())));

interface Pair {
  readonly cert: string;
  readonly key: string;
}

/** Puts files into a new folder and turns the link `..data` to it in one step, as Kubernetes does. */
function mount(at: string, files: Record<string, string>): void {
  const version = `..${Object.values(files).join().length}_${process.hrtime.bigint()}`;
  mkdirSync(join(at, version));
  for (const [name, from] of Object.entries(files)) copyFileSync(from, join(at, version, name));
  symlinkSync(version, join(at, '..tmp'));
  renameSync(join(at, '..tmp'), join(at, '..data'));
}

function mounted(t: Cleanup, files: Record<string, string>): string {
  const at = temporaryFolder(t);
  mount(at, files);
  for (const name of Object.keys(files)) symlinkSync(`..data/${name}`, join(at, name));
  return at;
}

/** The name in the certificate that the server shows now. */
function nameOf(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false }, () => {
      resolve(String(socket.getPeerCertificate().subject.CN));
      socket.destroy();
    });
    socket.on('error', reject);
  });
}

describe('R15: certificates', () => {
  test('R15: a mounted pair is taken when its link is turned (kind: Kubernetes’ ..data)', async (t) => {
    const [one, two] = [ca.issue('one', '/CN=one', 'DNS:localhost'), ca.issue('two', '/CN=two', 'DNS:localhost')];
    const files = ({ cert, key }: Pair) => ({ 'tls.crt': cert, 'tls.key': key });
    const at = mounted(t, files(one));
    const server = await startServer(t, {
      RS_STORE: 'memory:',
      RS_TLS_CERT: join(at, 'tls.crt'),
      RS_TLS_KEY: join(at, 'tls.key'),
    });
    assert.equal(await nameOf(server.port), 'one');
    mount(at, files(two));
    await until(async () => (await nameOf(server.port)) === 'two', server.output);
    mount(at, { 'tls.crt': one.cert, 'tls.key': two.key });
    await until(() => server.output().includes('the TLS files have a fault; those from before stay'), server.output);
    assert.match(server.output(), /is not for the key in/);
    assert.equal(await nameOf(server.port), 'two');
    mount(at, files(one));
    await until(async () => (await nameOf(server.port)) === 'one', server.output);
  });

  test('R15: what is half written, removed or of another kind keeps the old pair with one warning, and is taken when it is whole (kind: plain files)', async (t) => {
    const rsa = rsaPair(t);
    const [first, next] = [ca.issue('first', '/CN=first', 'DNS:x'), ca.issue('next', '/CN=next', 'DNS:x')];
    const at = temporaryFolder(t);
    const [cert, key, clientCa] = ['cert.pem', 'key.pem', 'ca.pem'].map((name) => join(at, name)) as [
      string,
      string,
      string,
    ];
    copyFileSync(first.cert, cert);
    copyFileSync(first.key, key);
    writeFileSync(clientCa, readFileSync(ca.cert));
    const server = await startServer(t, {
      RS_STORE: 'memory:',
      RS_TLS_CERT: cert,
      RS_TLS_KEY: key,
      RS_TLS_CLIENT_CA: clientCa,
    });
    const whole = readFileSync(next.cert, 'utf8');
    let faults = 0;
    const isRefused = async (words: RegExp) => {
      const count = () => server.output().split('the TLS files have a fault').length - 1;
      await until(() => count() > faults, server.output);
      faults = count();
      assert.match(server.output().trimEnd().split('\n').at(-1)!, words);
      assert.equal(await nameOf(server.port), 'first');
    };
    writeFileSync(cert, whole.slice(0, 300));
    await isRefused(/RS_TLS_CERT: .*cert\.pem is cut off/);
    writeFileSync(cert, whole + whole.slice(0, 300));
    await isRefused(/cut off/);
    copyFileSync(rsa.key, key);
    copyFileSync(first.cert, cert);
    await isRefused(/the certificate in .*cert\.pem is not for the key in .*key\.pem/);
    copyFileSync(first.key, key);
    rmSync(clientCa);
    await isRefused(/RS_TLS_CLIENT_CA: .*ca\.pem cannot be read \(ENOENT\)/);
    writeFileSync(clientCa, 'nonsense');
    await isRefused(/RS_TLS_CLIENT_CA: .*holds no certificate/);
    copyFileSync(next.key, key);
    copyFileSync(next.cert, `${cert}.new`);
    renameSync(`${cert}.new`, cert);
    await isRefused(/RS_TLS_CLIENT_CA/);
    writeFileSync(clientCa, readFileSync(ca.cert));
    await until(async () => (await nameOf(server.port)) === 'next', server.output);
    assert.equal(await server.end(), 0);
  });
});

test('R15: a policy file is taken when it changes; a broken one is told once, and the one before stays (kind: RS_CONFIG, plain and mounted)', async (t) => {
  const version = join(temporaryFolder(t), 'policy');
  const put = (seconds: string) => writeFileSync(version, `{"defaults":{"idleTimeout":${seconds}}}`);
  put('100');
  const at = mounted(t, { 'policy.json': version });
  const server = await startServer(t, { RS_STORE: 'memory:', RS_CONFIG: join(at, 'policy.json') });
  const client = new Client(server.url);
  t.after(() => client.close());
  const ttl = async () => {
    const token = await client.create('shop', 'joe');
    return (await client.send('GET', `/shop/get/${token}`)).json.ttl as number;
  };
  assert.equal(await ttl(), 100);
  put('200');
  mount(at, { 'policy.json': version });
  await until(async () => (await ttl()) === 200, server.output);
  put('"x"');
  mount(at, { 'policy.json': version });
  await until(() => server.output().includes('the policy before it stays'), server.output);
  rmSync(join(at, 'policy.json'));
  writeFileSync(join(at, 'policy.json'), '{"defaults":{"idleTimeout":300}}');
  await until(async () => (await ttl()) === 300, server.output);
  assert.equal(server.output().split('the policy before it stays').length, 2, 'told once');
});

/** A pair of another kind than the others here: OpenSSL keeps one of each kind, and does not say that they do not fit. */
function rsaPair(t: Cleanup): Pair {
  const at = temporaryFolder(t);
  const [cert, key] = [join(at, 'rsa.pem'), join(at, 'rsa.key')];
  const words = [
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-subj',
    '/CN=rsa',
    '-days',
    '2',
    '-keyout',
    key,
    '-out',
    cert,
  ];
  execFileSync('openssl', words, { stdio: 'pipe' });
  return { cert, key };
}
