// Starts REST-Sessions in memory, the seven applications and nginx before them, on free ports of 127.0.0.1, prints where nginx is, and ends
// them all with itself (Ctrl-C). With SESSIONS_URL set, they use that server instead; PORT is that of nginx. No part of the example to copy.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installIn } from '../../../scripts/install.mjs';
import { afterwards, answers, end, freePort, run, start, startSessions } from '../programs.mjs';
import { buildSpring, SPRING_JAR } from './spring/build.mjs';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const adapters = (path) => here(`../../../adapters/${path}`);
/** Debian keeps nginx where only root looks. */
process.env.PATH += ':/usr/sbin';
/** For what is built, the logs of the applications, and what nginx needs. */
const folder = mkdtempSync(join(tmpdir(), 'rest-sessions-polyglot-'));
afterwards(() => rmSync(folder, { recursive: true, force: true }));

const PYTHON = adapters('python/.venv/bin/python');
const python = (page) => ({
  tool: ['python3', '-c', 'import venv, ensurepip'],
  needs: 'python3-venv',
  prepare: () => run(['python3', adapters('python/prepare.py'), '--frameworks']),
  command: () => [PYTHON, page],
  env: { PYTHONPATH: adapters('python/src') },
});

/**
 * By the name that their pages show: the folder is the same in small letters. `tool`: a question that is answered by exit code 0 where the page can
 * run, `needs`: what Debian calls it.
 */
const PAGES = {
  PHP: {
    tool: ['php', '-r', 'exit((int) !extension_loaded("curl"));'],
    needs: 'php-cli php-curl',
    command: (port) => ['php', '-q', '-S', `127.0.0.1:${port}`, 'index.php'],
    // Its web server serves one page at a time otherwise.
    env: { PHP_CLI_SERVER_WORKERS: '4' },
  },
  Django: python('page.py'),
  Flask: python('page.py'),
  Rack: {
    tool: ['ruby', '-e', 'require "rack"; require "webrick"'],
    needs: 'ruby-rack ruby-webrick',
    command: (port) => {
      const options = ['-q', '-s', 'webrick', '-E', 'deployment', '-o', '127.0.0.1', '-p', `${port}`];
      return ['ruby', '-I', adapters('ruby/lib'), '-S', 'rackup', ...options];
    },
  },
  Express: {
    tool: ['npm', '--version'],
    needs: 'npm',
    prepare: async () => {
      if (!installIn('examples/polyglot/native/express', 'Express')) throw new Error('Express could not be installed');
    },
    command: () => [process.execPath, 'page.mjs'],
  },
  Go: {
    tool: ['go', 'version'],
    needs: 'golang-go',
    prepare: () => run(['go', 'build', '-o', join(folder, 'go-page'), '.'], { cwd: here('go') }),
    command: () => [join(folder, 'go-page')],
  },
  Spring: {
    tool: ['sh', '-c', 'javac --release 17 --version && mvn --version'],
    needs: 'openjdk-17-jdk-headless maven',
    prepare: () => buildSpring(folder),
    command: () => ['java', '-XX:TieredStopAtLevel=1', '-jar', SPRING_JAR],
  },
};

/** Starts a page and gives its port. Absence: undefined where it cannot run here. */
async function startPage(name, sessionsUrl) {
  const { tool, needs, prepare, command, env } = PAGES[name];
  if (spawnSync(tool[0], tool.slice(1)).status !== 0) {
    console.log(`${name}: left out, ${tool[0]} does not work here (apt-get install ${needs})`);
    return undefined;
  }
  await prepare?.();
  const port = await freePort();
  start(command(port), {
    cwd: here(name.toLowerCase()),
    log: join(folder, `${name}.log`),
    env: { ...env, PORT: `${port}`, SESSIONS_URL: sessionsUrl },
  });
  await answers(`http://127.0.0.1:${port}/`);
  return port;
}

async function startNginx(ports) {
  const port = Number(process.env.PORT ?? (await freePort()));
  // Else it would write where the service of the system does.
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${folder};`);
  let text = readFileSync(here('nginx.conf'), 'utf8')
    .replace('http {', `http { access_log off; ${paths.join(' ')}`)
    .replaceAll('FOLDER', here('.'))
    .replace('127.0.0.1:8000', `127.0.0.1:${port}`)
    .replace(/\["PHP".*?\]/, JSON.stringify(Object.keys(ports)));
  for (const [name, own] of Object.entries(ports))
    text = text.replace(new RegExp(`(location /${name.toLowerCase()}/ .*:)\\d+/`), `$1${own}/`);
  const file = join(folder, 'nginx.conf');
  writeFileSync(file, text);
  start(['nginx', '-p', folder, '-e', 'stderr', '-c', file, '-g', `daemon off; pid ${folder}/pid;`]);
  const url = `http://127.0.0.1:${port}/`;
  await answers(url);
  return url;
}

if (spawnSync('nginx', ['-v']).error) {
  console.error('There is no nginx: apt-get install nginx-light');
  process.exit(1);
}
try {
  const sessionsUrl = process.env.SESSIONS_URL ?? (await startSessions());
  const names = Object.keys(PAGES);
  const started = await Promise.all(names.map(async (name) => [name, await startPage(name, sessionsUrl)]));
  const ports = Object.fromEntries(started.filter(([, port]) => port !== undefined));
  console.log(`Log in on one page, then open the others: ${await startNginx(ports)}`);
  console.log(`What the applications log is in ${folder}. Ctrl-C ends all.`);
} catch (error) {
  await end(error.message);
}
