/** The proxies of examples/gateway, started as their configurations are printed, but for ports and key. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePorts } from './redis.ts';
import { type Cleanup, temporaryFolder } from './server.ts';
import { until } from './until.ts';

export const FOLDER = fileURLToPath(new URL('../../../../examples/gateway/', import.meta.url));
const PATH = `${process.env.PATH}:/usr/sbin`;

export interface Proxy {
  readonly name: string;
  readonly config: string;
  /** Makes of the configuration what this test needs beside ports and key. */
  readonly adapt?: (text: string, folder: string) => string;
  /** `file`: the configuration. */
  readonly args: (file: string, folder: string) => string[];
}

export const PROXIES: readonly Proxy[] = [
  {
    name: 'nginx',
    config: 'nginx.conf',
    // Else it would write where the service of the system does.
    adapt: (text, folder) => {
      const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${folder};`);
      return text.replace('http {', `http { access_log off; ${paths.join(' ')}`);
    },
    args: (file, folder) => ['-p', folder, '-e', 'stderr', '-c', file, '-g', `daemon off; pid ${folder}/pid;`],
  },
  { name: 'caddy', config: 'Caddyfile', args: (file) => ['run', '--config', file, '--adapter', 'caddyfile'] },
  {
    name: 'haproxy',
    config: 'haproxy.cfg',
    adapt: (text) => text.replace('lua-load ', `lua-load ${FOLDER}`),
    args: (file) => ['-f', file],
  },
];

export async function startProgram(
  cleanup: Cleanup,
  command: readonly [string, ...string[]],
  env: Record<string, string>,
  port: number,
) {
  const child = spawn(command[0], command.slice(1), { env: { PATH, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  const ended = once(child, 'close');
  cleanup.after(async () => {
    child.kill('SIGTERM');
    await ended;
  });
  const listens = () =>
    new Promise<boolean>((resolve) => {
      assert.equal(child.exitCode, null, `${command[0]} ended: ${output}`);
      const socket = connect(port, '127.0.0.1', () => socket.end(() => resolve(true)));
      socket.on('error', () => resolve(false));
    });
  await until(listens, () => `${command[0]} listens: ${output}`);
  return { output: () => output };
}

/** Starts a proxy as its configuration has it. Gives its ports: for visitors, and for services (`api`). */
export async function startProxy(
  cleanup: Cleanup,
  proxy: Proxy,
  ports: { sessions: number; application: number },
  key: string,
) {
  const folder = temporaryFolder(cleanup);
  const [port, api] = (await freePorts(2)) as [number, number];
  const printed = readFileSync(join(FOLDER, proxy.config), 'utf8');
  const numbers: Record<string, number> = { 3000: ports.sessions, 8080: ports.application, 8000: port, 8001: api };
  const text = printed.replace(
    /(127\.0\.0\.1|http:\/\/):(3000|8080|800[01])\b/g,
    (_, host, usual) => `${host}:${numbers[usual]}`,
  );
  const file = join(folder, proxy.config);
  const adapted = (proxy.adapt?.(text, folder) ?? text).replace('Bearer KEY', `Bearer ${key}`);
  assert.ok(adapted.includes(key), 'the configuration says where the key is');
  writeFileSync(file, adapted);
  const env = { HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder };
  await startProgram(cleanup, [proxy.name, ...proxy.args(file, folder)], env, port);
  return { port, api };
}

/** Tells why tests with a proxy are passed over: it is not there, and this is not where all must be. Absence: false. */
export function withoutProxy({ name, config }: Proxy): string | false {
  const isThere = spawnSync(name, [name === 'caddy' ? 'version' : '-v'], { env: { PATH } }).error === undefined;
  if (!isThere) console.error(`NOT TESTED: examples/gateway/${config}, for want of ${name}`);
  return !isThere && process.env.CI !== 'true' && `there is no ${name}`;
}
