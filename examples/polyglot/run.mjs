// Starts REST-Sessions in memory and the five pages, each on a free port of 127.0.0.1, prints where they are, and ends
// them all with itself (Ctrl-C). With SESSIONS_URL set, the pages use that server instead. No part of the example to copy.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { answers, freePort, start, startSessions } from './programs.mjs';

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

async function startPage({ language, command, args, needs }, sessionsUrl) {
  if (spawnSync(command, ['--version']).error) {
    console.log(`${language}: left out, there is no ${command} (apt-get install ${needs})`);
    return;
  }
  const port = await freePort();
  // Pages on 127.0.0.1 are served over plain HTTP.
  const { PLAIN_HTTP = '1' } = process.env;
  start([command, ...args(port)], { env: { PLAIN_HTTP, PORT: String(port), SESSIONS_URL: sessionsUrl } });
  const url = `http://127.0.0.1:${port}/`;
  await answers(url);
  console.log(`${language}: ${url}`);
}

const sessionsUrl = process.env.SESSIONS_URL ?? (await startSessions());
console.log(`REST-Sessions: ${sessionsUrl}`);
for (const page of PAGES) await startPage(page, sessionsUrl);
console.log(
  'Log in on one page, then open the others: a browser sends a cookie to all ports of a host. Ctrl-C ends all.',
);
