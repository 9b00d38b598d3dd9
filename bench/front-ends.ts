/**
 * nginx with Lua, and Webdis: what teams put before Redis when they want it over HTTP and fast. Both call one script
 * (peers/session.lua) that does for a read what ours does, and hand its text through. Their configuration is written
 * here, into a temporary folder; they run as plain processes of ours, never as the services of the system.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { certificate } from './certificate.ts';
import { freePort, type Running, startProgram, temporaryFolder } from './process.ts';
import { type RedisProcess, startRedis } from './redis.ts';
import type { Bench } from './workload.ts';

const SCRIPT = readFileSync(new URL('./peers/session.lua', import.meta.url), 'utf8');
const NGINX = '/usr/sbin/nginx';
const NGINX_MODULES = '/usr/lib/nginx/modules';
const NGINX_REDIS = '/usr/share/lua/5.1/nginx/redis.lua';
const WEBDIS = '/usr/bin/webdis';

/** A front end with its Redis, and how a session is asked for. */
export interface FrontEnd {
  readonly name: string;
  readonly process: Running;
  readonly redis: RedisProcess;
  /** With `{}` for the token. */
  readonly path: string;
  /** Those of the fillings, in their order. */
  readonly tokens: readonly (readonly string[])[];
  /** The same with a line in a log for each request, and over TLS. Absence: it cannot. */
  readonly logging?: Running;
  readonly secure?: Running;
}

/** Sessions of one kind. */
export interface Kept {
  readonly count: number;
  readonly data: string;
}

interface Kind {
  readonly name: string;
  /** What must be there, and the packages of Debian that bring it. */
  readonly files: readonly string[];
  readonly packages: string;
  readonly start: (bench: Pick<Bench, 'after'>, redis: RedisProcess, sha: string) => Promise<Processes>;
  readonly path: (sha: string) => string;
}

type Processes = Pick<FrontEnd, 'process' | 'logging' | 'secure'>;

const KINDS: readonly Kind[] = [
  {
    name: 'nginx + Lua',
    files: [NGINX, `${NGINX_MODULES}/ngx_http_lua_module.so`, NGINX_REDIS],
    packages: 'nginx-light libnginx-mod-http-lua lua-nginx-redis',
    start: startNginx,
    path: () => '/get/{}',
  },
  {
    name: 'Webdis',
    files: [WEBDIS],
    packages: 'webdis',
    start: startWebdis,
    // Plain text: else it would wrap the answer in JSON of its own.
    path: (sha) => `/EVALSHA/${sha}/1/{}.txt`,
  },
];

/** Starts those that are installed, each on a Redis of its own with the sessions asked for; says which are left out. */
export async function startFrontEnds(
  bench: Pick<Bench, 'after' | 'miss'>,
  fillings: readonly Kept[],
  only: readonly string[] = KINDS.map(({ name }) => name),
): Promise<FrontEnd[]> {
  const started: FrontEnd[] = [];
  for (const { name, files, packages, start, path } of KINDS) {
    if (!only.includes(name)) continue;
    if (!files.every((file) => existsSync(file))) {
      bench.miss(`${name} is left out: not installed (apt-get install ${packages})`);
      continue;
    }
    const redis = await startRedis(bench);
    const sha = (await redis.ask.script('LOAD', SCRIPT)) as string;
    const tokens: string[][] = [];
    for (const [i, filling] of fillings.entries()) tokens.push(await fillFrontEnd(redis, `t${i}`, filling));
    started.push({ name, ...(await start(bench, redis, sha)), redis, path: path(sha), tokens });
  }
  return started;
}

/** Adds sessions whose tokens begin with `prefix`; gives the tokens. */
export async function fillFrontEnd({ ask }: RedisProcess, prefix: string, { count, data }: Kept): Promise<string[]> {
  const tokens = Array.from({ length: count }, (_, i) => prefix + `${i}`.padStart(64 - prefix.length, 't'));
  for (let from = 0; from < count; from += 10_000) {
    const pipeline = ask.pipeline();
    for (const [i, token] of tokens.slice(from, from + 10_000).entries()) {
      const session = { id: `user${from + i}`, r: 1, w: 1, ttl: 7200, la: Date.now(), ip: '192.0.2.7', d: data };
      pipeline.hset(token, session);
    }
    await pipeline.exec();
  }
  return tokens;
}

async function startNginx(bench: Pick<Bench, 'after'>, redis: RedisProcess, sha: string): Promise<Processes> {
  const folder = temporaryFolder(bench);
  const [port, logging, secure] = [await freePort(), await freePort(), await freePort()];
  const { cert, key } = certificate(bench);
  const file = join(folder, 'nginx.conf');
  const buffers = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  const server = (settings: string) => `server {
    ${settings}
    location ~ ^/get/([A-Za-z0-9]+)$ {
      content_by_lua_block {
        local red = require('nginx.redis'):new()
        red:set_timeout(1000)
        local connected = red:connect('127.0.0.1', ${redis.port})
        local text, err = red:evalsha('${sha}', 1, ngx.var[1])
        if not connected or not text then ngx.log(ngx.ERR, err) return ngx.exit(503) end
        red:set_keepalive(60000, 64)
        ngx.header['Content-Length'] = #text
        ngx.print(text)
      }
    }
  }`;
  writeFileSync(
    file,
    `daemon off; master_process off; worker_processes 1; pid ${folder}/pid; error_log stderr error;
load_module ${NGINX_MODULES}/ndk_http_module.so; load_module ${NGINX_MODULES}/ngx_http_lua_module.so;
events { worker_connections 4096; }
http {
  keepalive_requests 1000000000; default_type application/json;
  ${buffers.map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')}
  ${server(`listen 127.0.0.1:${port}; access_log off;`)}
  ${server(`listen 127.0.0.1:${logging}; access_log ${folder}/log combined;`)}
  ${server(`listen 127.0.0.1:${secure} ssl; ssl_certificate ${cert}; ssl_certificate_key ${key}; access_log off;`)}
}
`,
  );
  const process = await startProgram(bench, NGINX, ['-e', 'stderr', '-p', folder, '-c', file], port);
  const at = (url: string): Running => ({ ...process, url });
  return { process, logging: at(`http://127.0.0.1:${logging}`), secure: at(`https://127.0.0.1:${secure}`) };
}

async function startWebdis(bench: Pick<Bench, 'after'>, redis: RedisProcess): Promise<Processes> {
  const folder = temporaryFolder(bench);
  const port = await freePort();
  const file = join(folder, 'webdis.json');
  const addresses = { redis_host: '127.0.0.1', redis_port: redis.port, http_host: '127.0.0.1', http_port: port };
  const log = { verbosity: 0, logfile: join(folder, 'log') };
  // Two threads, as Debian sets it up, each with as many connections to Redis as it needs.
  writeFileSync(
    file,
    JSON.stringify({ ...addresses, ...log, threads: 2, pool_size: 10, daemonize: false, database: 0 }),
  );
  return { process: await startProgram(bench, WEBDIS, [file], port) };
}
