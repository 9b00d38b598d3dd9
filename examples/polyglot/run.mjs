// Starts REST-Sessions in memory and the five pages, each on a free port of 127.0.0.1, prints where they are, and ends
// them all with itself (Ctrl-C). With SESSIONS_URL set, the pages use that server instead. No part of the example to copy.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const PAGES = [
  {
    language: 'PHP',
    command: 'php',
    args: (port) => ['-q', '-S', `127.0.0.1:${port}`, here('page.php')],
    needs: 'php-cli',
  },
  { language: 'Python', command: 'python3', args: () => [here('page.py')], needs: 'python3' },
  { language: 'Ruby', command: 'ruby', args: () => [here('page.rb')], needs: 'ruby' },
  { language: 'Perl', command: 'perl', args: () => [here('page.pl')], needs: 'perl' },
  { language: 'Node', command: process.execPath, args: () => [here('page.mjs')], needs: 'nodejs' },
];

// Pages on 127.0.0.1 are served over plain HTTP; nothing that runs here may go through a proxy.
const env = { PLAIN_HTTP: '1', ...process.env, no_proxy: '127.0.0.1' };
const running = new Set();
let ending = false;

/** Starts a program in a process group of its own: Ctrl-C reaches only this one, which then ends them all. */
function start(command, args, more, stdout) {
  const child = spawn(command, args, {
    env: { ...env, ...more },
    stdio: ['ignore', stdout, 'inherit'],
    detached: true,
  });
  running.add(child);
  child.on('error', (error) => end(error.message));
  child.on('exit', (code, signal) => {
    running.delete(child);
    if (!ending) end(`${command} ended with ${code ?? signal}`);
  });
  return child;
}

async function end(fault) {
  if (ending) return;
  ending = true;
  if (fault) console.error(fault);
  const ended = [...running].map((child) => once(child, 'exit'));
  for (const { pid } of running) process.kill(-pid);
  await Promise.all(ended);
  process.exit(fault ? 1 : 0);
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => end());

function startSessions() {
  const memory = { RS_STORE: 'memory:', RS_HOST: '127.0.0.1', RS_PORT: '0' };
  const child = start(process.execPath, [here('../../scripts/start.mjs')], memory, 'pipe');
  return new Promise((resolve) => {
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
      const url = /listens on (http:\S+)/.exec(output)?.[1];
      if (url !== undefined) resolve(url);
    });
  });
}

/** Gives a port that is free now and below those that the system gives to others. */
async function freePort() {
  for (;;) {
    const server = createServer().listen(10_000 + Math.floor(Math.random() * 20_000), '127.0.0.1');
    try {
      await once(server, 'listening');
    } catch {
      continue;
    }
    const { port } = server.address();
    server.close();
    return port;
  }
}

async function startPage({ language, command, args, needs }, sessionsUrl) {
  if (spawnSync(command, ['--version']).error) {
    console.log(`${language}: left out, there is no ${command} (apt-get install ${needs})`);
    return;
  }
  const port = await freePort();
  start(command, args(port), { PORT: String(port), SESSIONS_URL: sessionsUrl }, 'ignore');
  const url = `http://127.0.0.1:${port}/`;
  while (!(await fetch(url).catch(() => undefined))) await wait(50);
  console.log(`${language}: ${url}`);
}

const sessionsUrl = process.env.SESSIONS_URL ?? (await startSessions());
console.log(`REST-Sessions: ${sessionsUrl}`);
for (const page of PAGES) await startPage(page, sessionsUrl);
console.log(
  'Log in on one page, then open the others: a browser sends a cookie to all ports of a host. Ctrl-C ends all.',
);
