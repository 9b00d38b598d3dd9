// Runs a command with everything that an adapter's tests talk to, and ends it all afterwards:
//
//   node adapters/contract/with-servers.mjs python3 -m pytest adapters/python
//
// The command finds in its environment:
//   REST_SESSIONS_CONTRACT   the fake server that plays the vectors (README.md)
//   REST_SESSIONS_EMBEDDED   a real server on its embedded store
//   REST_SESSIONS_REDIS      a real server on Redis; not set where there is no redis-server
//   REST_SESSIONS_COMMAND    what starts another server, for tests that end it: a JSON list. `RS_PORT=0` takes a free port, and its
//                            output then has the line "listens on http://127.0.0.1:PORT"
//   REST_SESSIONS_PORT       a port for such a server that is ended and comes back: one that the system gave, it gives to others, too,
//                            as soon as nothing listens on it
// The servers have no API keys. Their apps are the tests' own: take another name for each test. Only the app `heard` has events, also
// of changes, and a history: take another subject for each test there. The server must be built
// (`npm run build`).
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePorts } from '../../packages/server/test/support/ports.mjs';
import { startFakeServer } from './fake-server.mjs';

const POLICY = { apps: { heard: { events: true, updateEvents: true, history: { days: 30 } } } };

const MAIN = fileURLToPath(new URL('../../packages/server/dist/cli/main.js', import.meta.url));

/** Starts them. Gives the environment for the command, and what ends them. */
export async function startServers() {
  if (!existsSync(MAIN)) throw new Error('the server is not built: npm run build');
  const ends = [];
  const close = async () => {
    for (const end of ends.splice(0).reverse()) await end();
  };
  try {
    const fake = await startFakeServer();
    ends.push(() => fake.close());
    const [back, port] = await freePorts(2);
    const folder = mkdtempSync(join(tmpdir(), 'rest-sessions-adapter-'));
    ends.push(() => rmSync(folder, { recursive: true, force: true }));
    const policy = join(folder, 'policy.json');
    writeFileSync(policy, JSON.stringify(POLICY));
    const env = {
      REST_SESSIONS_CONTRACT: fake.url,
      REST_SESSIONS_COMMAND: JSON.stringify([process.execPath, MAIN]),
      REST_SESSIONS_PORT: `${back}`,
      REST_SESSIONS_EMBEDDED: await startServer(ends, policy, `lmdb:${join(folder, 'data')}`),
    };
    if (await startRedis(ends, folder, port))
      env.REST_SESSIONS_REDIS = await startServer(ends, policy, `redis://127.0.0.1:${port}`);
    return { env, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function startServer(ends, policy, store) {
  const env = { PATH: process.env.PATH, RS_PORT: '0', RS_STORE: store, RS_CONFIG: policy };
  return started(ends, process.execPath, [MAIN], env, /listens on (http:\S+)/);
}

/** Gives false where there is no redis-server. */
async function startRedis(ends, folder, port) {
  const args = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder];
  try {
    await started(ends, 'redis-server', args, process.env, /Ready to accept connections/);
    return true;
  } catch (error) {
    if (error.code === 'ENOENT') return false;
    throw error;
  }
}

/** Starts a program, and resolves with what its output has when it is ready. */
function started(ends, program, args, env, ready) {
  const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const closed = new Promise((resolve) => child.on('close', resolve));
  ends.push(() => {
    child.kill('SIGTERM');
    return closed;
  });
  return new Promise((resolve, reject) => {
    let output = '';
    const read = (chunk) => {
      output += chunk;
      const found = ready.exec(output);
      if (found !== null) resolve(found[1]);
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.on('error', reject);
    child.on('close', (code) => reject(new Error(`${program} ended with ${code}: ${output}`)));
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [program, ...args] = process.argv.slice(2);
  if (program === undefined) {
    console.error('usage: node adapters/contract/with-servers.mjs COMMAND [ARGUMENT…]');
    process.exit(2);
  }
  const { env, close } = await startServers();
  const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  const code = await new Promise((resolve) => {
    child.on('error', (error) => {
      console.error(error.message);
      resolve(127);
    });
    child.on('close', (status) => resolve(status ?? 1));
  });
  await close();
  process.exit(code);
}
