/** Applications of other platforms, on our adapter or on the platform's usual Redis session: bench/peers/platforms. */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort, type Running, startProgram, temporaryFolder } from './process.ts';
import { DATA } from './sessions.ts';
import type { Bench } from './workload.ts';

const here = (path: string) => fileURLToPath(new URL(`./peers/platforms/${path}`, import.meta.url));
const repository = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));

/** Where the sessions of a page are. */
export type Where = { readonly sessionsUrl: string } | { readonly redisPort: number };

export interface Platform {
  readonly name: string;
  /** What keeps the sessions beside ours. */
  readonly peer: string;
  /** Questions that are answered by exit code 0 where it can run, each with Debian's package. */
  readonly needs: readonly (readonly [packageName: string, ...question: string[]])[];
  /** Builds what it runs, quickly when that is there. Errors: what the build said. */
  readonly prepare?: (bench: Pick<Bench, 'after'>) => void;
  /** Starts it, with all that a request to it goes through. */
  readonly start: (bench: Pick<Bench, 'after'>, where: Where) => Promise<Running>;
}

const PYTHON_PACKAGES = here('build/python');

export const PLATFORMS: readonly Platform[] = [
  {
    name: 'PHP',
    peer: 'phpredis',
    needs: [
      ['php-fpm', 'sh', '-c', 'PATH=$PATH:/usr/sbin command -v php-fpm8.2'],
      ['nginx-light', '/usr/sbin/nginx', '-v'],
      ['php-curl', 'php', '-r', 'exit((int) !extension_loaded("curl"));'],
      ['php-redis', 'php', '-r', 'exit((int) !extension_loaded("redis"));'],
    ],
    start: startPhp,
  },
  {
    name: 'Django',
    peer: 'cache backend',
    needs: [['python3-venv', 'python3', '-c', 'import venv, ensurepip']],
    prepare: () => {
      must(['python3', repository('adapters/python/prepare.py'), '--frameworks']);
      const pip = [repository('adapters/python/.venv/bin/pip'), 'install', '--quiet', '--disable-pip-version-check'];
      if (!existsSync(join(PYTHON_PACKAGES, 'waitress')))
        must([...pip, '--target', PYTHON_PACKAGES, '-r', here('requirements.txt')]);
    },
    start: (bench, where) =>
      startPage(bench, where, [repository('adapters/python/.venv/bin/python'), here('django_page.py')], {
        PYTHONPATH: `${repository('adapters/python/src')}:${PYTHON_PACKAGES}`,
      }),
  },
  {
    name: 'Rack',
    peer: 'redis-rack',
    needs: [
      ['puma', 'puma', '--version'],
      ['ruby-redis-rack', 'ruby', '-e', 'require "rack"; require "rack/session/redis"'],
    ],
    start: (bench, where) =>
      startPage(bench, where, (port) => [
        ...[
          'puma',
          '--quiet',
          '--environment',
          'production',
          '--threads',
          '8:8',
          '-I',
          repository('adapters/ruby/lib'),
        ],
        ...['--bind', `tcp://127.0.0.1:${port}`, here('rack/config.ru')],
      ]),
  },
  {
    name: 'Go',
    peer: 'scs redisstore',
    needs: [['golang-go', 'go', 'version']],
    prepare: () => must(['go', 'build', '-C', here('go'), '-o', here('build/go-page'), '.']),
    start: (bench, where) => startPage(bench, where, [here('build/go-page')]),
  },
  {
    name: 'Spring',
    peer: 'Spring Session Data Redis',
    needs: [['openjdk-17-jdk-headless maven', 'sh', '-c', 'javac --release 17 --version && mvn --version']],
    prepare: buildSpring,
    start: (bench, where) =>
      startPage(bench, where, [
        ...['java', '-Xmx512m', '-XX:TieredStopAtLevel=1', '-jar', here('build/spring-page.jar')],
        'sessionsUrl' in where
          ? `--rest-sessions.url=${where.sessionsUrl}`
          : `--spring.data.redis.port=${where.redisPort}`,
      ]),
  },
];

/** Gives Debian's packages that are missing for it. */
export function missingFor({ needs }: Platform): string[] {
  return needs.filter(([, program, ...args]) => spawnSync(program!, args).status !== 0).map(([name]) => name);
}

/** Begins a session with DATA. Gives its cookie, `name=value`. */
export async function logIn({ url }: Running): Promise<string> {
  const headers = { 'Content-Type': 'application/json' };
  const response = await fetch(`${url}/login`, { method: 'POST', headers, body: DATA });
  const cookie = /^[^;]+/.exec(response.headers.getSetCookie()[0] ?? '')?.[0];
  if (!response.ok || cookie === undefined) throw new Error(`${url}: ${response.status} ${await response.text()}`);
  return decodeURIComponent(cookie);
}

function settings(where: Where): Record<string, string> {
  return 'sessionsUrl' in where
    ? { STORE: 'ours', SESSIONS_URL: where.sessionsUrl }
    : { STORE: 'redis', REDIS_PORT: `${where.redisPort}` };
}

async function startPage(
  bench: Pick<Bench, 'after'>,
  where: Where,
  command: readonly string[] | ((port: number) => readonly string[]),
  env: Record<string, string> = {},
): Promise<Running> {
  const port = await freePort();
  const [program, ...args] = typeof command === 'function' ? command(port) : command;
  return startProgram(bench, program!, args, port, { ...settings(where), PORT: `${port}`, ...env });
}

/** php-fpm with four processes, and nginx before it with one. */
async function startPhp(bench: Pick<Bench, 'after'>, where: Where): Promise<Running> {
  const folder = temporaryFolder(bench);
  const [php, front] = [await freePort(), await freePort()];
  const env = Object.entries(settings(where)).map(([name, value]) => `env[${name}] = ${value}\n`);
  writeFileSync(
    join(folder, 'fpm.conf'),
    `[global]\nerror_log = ${folder}/fpm.log\n[www]\nlisten = 127.0.0.1:${php}\nlisten.backlog = 511\npm = static\npm.max_children = 4\n` +
      `${process.getuid?.() === 0 ? 'user = root\ngroup = root\n' : ''}${env.join('')}`,
  );
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${folder};`);
  const pass = ['REQUEST_METHOD $request_method', 'REQUEST_URI $uri', 'CONTENT_TYPE $content_type'].concat(
    'CONTENT_LENGTH $content_length',
    'HTTP_COOKIE $http_cookie',
    `SCRIPT_FILENAME ${here('php/index.php')}`,
  );
  writeFileSync(
    join(folder, 'nginx.conf'),
    `master_process off; daemon off; pid ${folder}/pid; events {} http { access_log off; ${paths.join(' ')} keepalive_requests 1000000;
      server { listen 127.0.0.1:${front}; location / { fastcgi_pass 127.0.0.1:${php}; ${pass.map((line) => `fastcgi_param ${line};`).join(' ')} } } }`,
  );
  const root = process.getuid?.() === 0 ? ['--allow-to-run-as-root'] : [];
  const fpm = await startProgram(
    bench,
    '/usr/sbin/php-fpm8.2',
    ['--nodaemonize', '--fpm-config', join(folder, 'fpm.conf'), ...root],
    php,
  );
  const nginx = await startProgram(bench, '/usr/sbin/nginx', ['-e', 'stderr', '-c', join(folder, 'nginx.conf')], front);
  return { ...nginx, cpu: () => nginx.cpu() + fpm.cpu() };
}

/** Builds page and adapter together, in a copy: Maven then needs nothing of ours from a repository. Done anew when a file is newer. */
function buildSpring(bench: Pick<Bench, 'after'>): void {
  const jar = here('build/spring-page.jar');
  const mark = here('build/spring-page.built-from');
  const wanted = filesIn(repository('adapters/java'))
    .concat(filesIn(here('spring')))
    .map((file) => readFileSync(file, 'utf8'))
    .join('');
  if (existsSync(jar) && existsSync(mark) && readFileSync(mark, 'utf8') === wanted) return;
  const copy = temporaryFolder(bench);
  const filter = (path: string) => !/\/target$/.test(path);
  cpSync(repository('adapters/java'), join(copy, 'adapter'), { recursive: true, filter });
  cpSync(here('spring'), join(copy, 'page'), { recursive: true, filter });
  const names = '<groupId>bench</groupId><artifactId>all</artifactId><version>1</version><packaging>pom</packaging>';
  const modules = '<modules><module>adapter</module><module>page</module></modules>';
  writeFileSync(join(copy, 'pom.xml'), `<project><modelVersion>4.0.0</modelVersion>${names}${modules}</project>`);
  const left = ['-DskipTests', '-Dmaven.javadoc.skip', '-Dmaven.source.skip', '-Dspotless.check.skip'];
  must(['mvn', '--batch-mode', '--quiet', '-f', copy, 'package', '-pl', 'page', '-am', ...left]);
  mkdirSync(here('build'), { recursive: true });
  cpSync(join(copy, 'page/target/page-1.jar'), jar);
  writeFileSync(mark, wanted);
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .filter((path) => !path.includes('/target/'))
    .sort();
}

function must([program, ...args]: readonly string[]): void {
  const { status, stdout, stderr, error } = spawnSync(program!, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${error?.message ?? `${stdout}${stderr}`}`);
}
