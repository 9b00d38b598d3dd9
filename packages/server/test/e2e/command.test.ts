/** The command as a person or a supervisor uses it: words, exit codes, what it prints, and what it refuses. */
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import { VARIABLES } from '../../src/config.ts';
import { Client } from '../support/client.ts';
import { type Cleanup, MAIN, startServer, temporaryFolder } from '../support/server.ts';
import { until } from '../support/until.ts';

const shell = promisify(execFile);

function run(args: string[], env: Record<string, string> = {}) {
  const options = {
    encoding: 'utf8',
    timeout: 60_000,
    env: { PATH: process.env.PATH, RS_PORT: '0', RS_STORE: 'memory:', ...env },
  } as const;
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], options);
  return { status, stdout, stderr };
}

/** A port that somebody else listens on. */
function takenPort(cleanup: Cleanup): Promise<number> {
  const other = createServer();
  cleanup.after(() => other.close());
  return new Promise((resolve) => {
    other.listen(0, '127.0.0.1', () => resolve((other.address() as { port: number }).port));
  });
}

describe('the command', () => {
  test('--help names every variable and the exit codes, --version is a version; both end with 0', () => {
    const help = run(['--help']);
    assert.deepEqual([help.status, help.stderr], [0, '']);
    for (const { name } of Object.values(VARIABLES)) assert.ok(help.stdout.includes(name), name);
    assert.match(help.stdout, /Exit codes: 0 done, 1 failed, 2 wrong use/);
    assert.ok(help.stdout.split('\n').every((line) => line.length <= 160));
    assert.match(run(['--version']).stdout, /^\d+\.\d+\.\d+\S*\n$/);
  });

  test('wrong words end with 2 and point to --help', () => {
    for (const [args, page] of [
      [['srve'], '--help'],
      [['serve', 'x'], 'serve --help'],
      [['--prot=3000'], 'serve --help'],
      [['-x'], 'serve --help'],
      [['serve', '--repair'], 'serve --help'],
      [['--store', 'memory:'], 'serve --help'],
      [['keys', 'revoke'], 'keys revoke --help'],
      [['keys', 'forget'], 'keys --help'],
    ] as const) {
      const { status, stdout, stderr } = run([...args]);
      assert.deepEqual([status, stdout], [2, ''], args.join(' '));
      assert.match(stderr, new RegExp(`^rest-sessions: .+\\nTry: rest-sessions ${page}\\n$`));
    }
  });

  test('a name that is nearly that of a command, a verb or an option is told what was meant; what could be a key is not quoted', () => {
    for (const [args, said] of [
      [['backpu'], 'unknown command: backpu; did you mean backup?'],
      [['keys', 'revok', 'web'], 'keys has no verb revok; did you mean revoke?'],
      [['keys', 'list', '--jsno'], 'keys list has no option --jsno; did you mean --json?'],
      [['rsk_0123456789abcdef'], 'unknown command'],
      [['keys', 'rsk_0123456789abcdef'], 'keys needs one of create, create-user, list, revoke and check'],
      [['keys', 'create', '--name', 'a'], 'keys create needs --apps APP,…|* and --scopes SCOPE,…'],
      [['backup'], 'backup needs one FILE, and there are 0'],
    ] as const) {
      const { status, stderr } = run([...args]);
      assert.deepEqual([status, stderr.split('\n')[0]], [2, `rest-sessions: ${said}`]);
    }
  });

  test('a bad value ends with 2 and one line that names the variable', () => {
    for (const [name, value] of [
      ['RS_PORT', '3000abc'],
      ['RS_STORE', 'file:x'],
      ['RS_HOST', '0.0.0.0'],
      ['RS_LOGLEVEL', 'loud\nx'],
    ] as const) {
      const { status, stdout, stderr } = run([], { [name]: value });
      assert.deepEqual([status, stdout], [2, '']);
      assert.match(stderr, new RegExp(`^rest-sessions: ${name}=.+\\n$`));
    }
  });

  test('a port in use, a store that cannot be opened: one line and exit code 1', async (t) => {
    const port = await takenPort(t);
    const taken = run([], { RS_PORT: String(port) });
    assert.deepEqual([taken.status, taken.stdout], [1, '']);
    assert.equal(
      taken.stderr,
      `rest-sessions: port ${port} on 127.0.0.1 is in use; stop what listens there or set RS_PORT\n`,
    );
    const file = join(temporaryFolder(t), 'file');
    writeFileSync(file, 'not a folder');
    const store = run([], { RS_STORE: `lmdb:${file}` });
    assert.equal(store.status, 1, store.stderr);
    assert.match(store.stderr, /^rest-sessions: cannot start with RS_STORE=lmdb:.+\n$/);
    const nowhere = run([], { RS_STORE: 'lmdb:/proc/none/of/it' });
    assert.equal(nowhere.status, 1, nowhere.stderr);
    const keys = run([], { RS_KEYS_FILE: join(file, 'keys.json') });
    assert.notEqual(keys.status, 0);
    assert.match(keys.stderr, /^rest-sessions: .*RS_KEYS_FILE.*keys\.json.*\n$/);
  });

  test('any address is served once authentication is switched off by name', async (t) => {
    const server = await startServer(t, { RS_HOST: '0.0.0.0', RS_AUTH: 'none' });
    const client = new Client(`http://127.0.0.1:${server.port}`);
    t.after(() => client.close());
    assert.equal((await client.send('GET', '/ping')).text, 'PONG');
  });
});

describe('the start message', () => {
  test('names the address, where the data lies, and curl lines that work as they are', async (t) => {
    const folder = temporaryFolder(t);
    const server = await startServer(t, { RS_STORE: `lmdb:${folder}` });
    assert.ok(server.output().includes(`sessions are kept in: ${folder}`));
    const lines = server
      .output()
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line.startsWith('curl '));
    assert.equal(lines.length, 3);
    const paste = async (line: string) => (await shell('bash', ['-c', line.replace(/^curl /, 'curl -s ')])).stdout;
    const { token } = JSON.parse(await paste(lines[0]!));
    assert.match(await paste(lines[1]!.replace('TOKEN', token)), /^\{"id":"user123","r":1/);
    assert.match(await paste(lines[2]!), /^\{"id":"user123","r":1/);
  });

  test('goes to standard output; the log is JSON lines on standard error', async (t) => {
    const server = await startServer(t, { RS_STORE: 'memory:' });
    await server.end();
    const log = server
      .output()
      .split('\n')
      .filter((line) => line.startsWith('{'));
    const events = log.map((line) => JSON.parse(line).msg);
    assert.deepEqual(events, ['listening', 'stopping: requests under way are finished', 'stopped']);
  });

  test('comes after a warning about each variable that looks like ours and means nothing', async (t) => {
    const server = await startServer(t, { RS_STORE: 'memory:', RS_COLOUR: 'blue' });
    await until(() => /"level":"warn".*"variable":"RS_COLOUR"/.test(server.output()));
  });
});
