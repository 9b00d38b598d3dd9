/** The commands that ask a server: what they tell, which exit code they have, and what they never take or show. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, test } from 'node:test';
import { keyListEntry } from '../../src/keys/entry.ts';
import { hashKey, newKey } from '../../src/keys/format.ts';
import { makeAuthority } from '../support/certificates.ts';
import { type Ran, runCommand } from '../support/command.ts';
import { forAllTests } from '../support/redis.ts';
import { type Cleanup, MAIN, type ServerProcess, startServer, temporaryFolder } from '../support/server.ts';
import { NEEDS_TERMINAL, onTerminal } from '../support/terminal.ts';

const HOSTILE = '\x1b[2J\x1b]0;title\x07\u202egnp.exe';

function policy(cleanup: Cleanup): Record<string, string> {
  const file = join(temporaryFolder(cleanup), 'policy.json');
  writeFileSync(
    file,
    JSON.stringify({
      defaults: { events: true, history: { days: 1 } },
      apps: { quiet: { events: false, history: null } },
    }),
  );
  return { RS_CONFIG: file };
}

async function create(server: Pick<ServerProcess, 'url'>, app: string, session: object, key?: string) {
  const response = await fetch(`${server.url}/v1/apps/${app}/sessions`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...(key !== undefined && { Authorization: `Bearer ${key}` }) },
    body: JSON.stringify(session),
  });
  const { token, session: made } = (await response.json()) as { token: string; session: { id: string } };
  return { token, id: made.id };
}

/** Stands before a server and passes everything on. `before`: is waited for, with the number of the page of a list that is asked for. */
async function standBefore(t: Cleanup, server: Pick<ServerProcess, 'url'>, before: (page: number) => Promise<void>) {
  let pages = 0;
  const proxy = createServer(async (request, response) => {
    if (/\/sessions(\?|$)/.test(request.url!)) await before(++pages);
    const headers = request.headers['api-key'] === undefined ? {} : { 'Api-Key': `${request.headers['api-key']}` };
    const answer = await fetch(`${server.url}${request.url}`, { method: request.method!, headers });
    response.writeHead(answer.status, { 'Content-Type': answer.headers.get('Content-Type') ?? 'text/plain' });
    response.end(await answer.text());
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  t.after(() => void proxy.close().closeAllConnections());
  return `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
}

describe('a command that asks a server', () => {
  const server = forAllTests((cleanup) => startServer(cleanup, { RS_STORE: 'memory:', ...policy(cleanup) }));
  const run = (words: string, input = ''): Promise<Ran> =>
    runCommand(words.split(' '), { env: { RS_URL: server().url }, input });

  test('never takes a token for an id, and does not repeat it', async () => {
    const { token, id } = await create(server(), 'tokens', { subject: 'ann' });
    for (const verb of ['show', 'end']) {
      const { status, stdout, stderr } = await run(`sessions ${verb} ${token} --app tokens`);
      assert.deepEqual([status, stdout], [2, '']);
      assert.ok(!stderr.includes(token) && stderr.includes('--token-stdin'), stderr);
    }
    const shown = await run('sessions show --token-stdin --app tokens --json', `${token}\n`);
    assert.deepEqual([shown.status, JSON.parse(shown.stdout).id, JSON.parse(shown.stdout).reads], [0, id, 1]);
    assert.equal((await run('sessions show --token-stdin --app tokens', 'none\n')).status, 3);
    assert.equal((await run(`sessions show ${id} --token-stdin --app tokens`, token)).status, 2);
  });

  test('ends what is named, by words and by lines, and says with 3 what was not there', async () => {
    const made = [];
    for (let i = 0; i < 4; i++) made.push((await create(server(), 'named', { subject: 'ann' })).id);
    const [first, second, third, fourth] = made;
    const unknown = '00aaaaaaaaaaaaaa';
    assert.equal((await run(`sessions end ${first} --app named`)).status, 2, 'nobody was asked');
    const dry = await run(`sessions end ${first} ${second} --app named --dry-run --json`);
    assert.deepEqual(
      dry.stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).id),
      [first, second],
    );
    assert.equal(
      (await run(`sessions end ${first} ${second} --app named --yes`)).stdout,
      '2 sessions of named ended\n',
    );
    const lines = `${JSON.stringify({ id: third, more: 1 })}\n\n${unknown}\n${fourth}\n`;
    const piped = await run('sessions end - --app named --yes --json', lines);
    const rows = piped.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.deepEqual(
      [piped.status, rows.toSorted((a, b) => (a.id < b.id ? -1 : 1))],
      [
        3,
        [
          [third, true],
          [unknown, false],
          [fourth, true],
        ]
          .map(([id, ended]) => ({ id, ended }))
          .toSorted((a, b) => (a.id! < b.id! ? -1 : 1)),
      ],
    );
    assert.match(piped.stderr, /^rest-sessions: session_not_found: 1 session of those named is not there\n$/);
    const wrong = await run('sessions end - --app named --yes', 'no id\n');
    assert.deepEqual([wrong.status, wrong.stderr.includes('line 1 of standard input')], [2, true]);
    assert.match(wrong.stderr, /; before that: 0 sessions of named ended\n$/);
  });

  test('ends what a filter matches, and nothing else', async () => {
    const old = await create(server(), 'filtered', {
      subject: 'ann',
      ip: '203.0.113.9',
      label: 'Anns PHONE',
      userAgent: 'Firefox/145.0',
    });
    await create(server(), 'filtered', { subject: 'bob', ip: '2001:db8::7', label: 'laptop', userAgent: 'curl/8' });
    const matches = async (words: string) =>
      (await run(`sessions list --app filtered --json ${words}`)).stdout
        .split('\n')
        .filter((line) => line.includes(old.id)).length;
    for (const words of [
      '--subject ann',
      '--ip 203.0.113.0/24',
      '--label phone',
      '--user-agent firefox',
      '--active-within 1h',
    ]) {
      assert.equal(await matches(words), 1, words);
    }
    for (const words of ['--subject bob', '--ip 2001:db8::/32', '--label tablet', '--older-than 1h', '--idle-for 1d']) {
      assert.equal(await matches(words), 0, words);
    }
    assert.match(
      (await run('sessions end --app filtered --label phone')).stderr,
      /this ends 1 session of filtered \(--label phone\)/,
    );
    assert.equal(
      (await run('sessions end --app filtered --label phone --yes')).stdout,
      '1 session of filtered ended\n',
    );
    assert.match((await run('apps --json')).stdout, /"app":"filtered","subjects":1,"sessions":1\}/);
    for (const words of [
      '',
      ' --all --subject ann',
      ' --confirm filtered',
      ` ${old.id} --subject ann`,
      ' --ip nowhere',
      ' --older-than soon',
    ]) {
      assert.equal((await run(`sessions end --app filtered --yes${words}`)).status, 2, words);
    }
  });

  test('meets who is active while it walks, and has moved to the front of the list behind it', async (t) => {
    const suspects = ['203.0.113.1', '203.0.113.2', '203.0.113.3'];
    const made: Awaited<ReturnType<typeof create>>[] = [];
    for (const ip of suspects) made.push(await create(server(), 'moving', { ip }));
    const others = Array.from({ length: 1000 }, () => ({ ip: '198.51.100.7' }));
    while (others.length > 0)
      await Promise.all(others.splice(0, 100).map((other) => create(server(), 'moving', other)));
    /** The oldest are on the last page, and one of them is at the front before that is asked for. */
    const walk = async (nth: number, words: string) => {
      const url = await standBefore(t, server(), async (page) => {
        if (page !== 2) return;
        const touched = `${server().url}/v1/apps/moving/session?touch=true`;
        assert.equal((await fetch(touched, { headers: { 'Session-Token': made[nth]!.token } })).status, 200);
      });
      return runCommand(['sessions', 'end', '--app', 'moving', '--ip', suspects[nth]!, ...words.split(' ')], {
        env: { RS_URL: url },
      });
    };
    const dry = await walk(0, '--dry-run --json');
    assert.deepEqual(
      dry.stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).id),
      [made[0]!.id],
    );
    assert.match((await walk(1, '--json')).stderr, /this ends 1 session of moving/);
    assert.equal((await walk(2, '--yes')).stdout, '1 session of moving ended\n');
    assert.equal((await run(`sessions show ${made[2]!.id} --app moving`)).status, 3);
  });

  test('tells with --json of each that it has ended, also when it fails or is ended itself', async () => {
    const made = await Promise.all(Array.from({ length: 150 }, () => create(server(), 'told', {})));
    const ids = made.map(({ id }) => id);
    const linesOf = (stdout: string) =>
      stdout
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line).id)
        .sort();
    const input = `${ids.slice(0, 100).join('\n')}\nbad\n`;
    const dry = await run('sessions end - --app told --dry-run --json', input);
    assert.deepEqual([dry.status, linesOf(dry.stdout)], [2, ids.slice(0, 100).sort()]);
    const failed = await run('sessions end - --app told --yes --json', input);
    assert.equal(failed.status, 2);
    assert.match(failed.stderr, /line 101 of standard input has no id of a session; before that: 100 sessions of told/);
    assert.deepEqual(linesOf(failed.stdout), ids.slice(0, 100).sort());
    const child = spawn(process.execPath, [MAIN, ...'sessions end - --app told --yes --json'.split(' ')], {
      env: { PATH: process.env.PATH, RS_URL: server().url },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    // More are to come: what has ended is told of meanwhile.
    child.stdin.write(`${ids.slice(100).join('\n')}\n`);
    const told = [];
    for await (const line of createInterface({ input: child.stdout })) {
      told.push(JSON.parse(line).id);
      if (told.length === 50) child.kill('SIGTERM');
    }
    assert.deepEqual(told.sort(), ids.slice(100).sort());
  });

  test('ends a whole app by its name alone, whatever --yes says', async () => {
    await create(server(), 'whole', { subject: 'ann' });
    for (const words of ['', ' --yes', ' --confirm other', ' --confirm other --yes']) {
      assert.equal((await run(`sessions end --all --app whole${words}`)).status, 2, words);
    }
    assert.equal((await run('sessions end --all --app whole --dry-run')).stdout, 'would end all 1 session of whole\n');
    const ended = await run('sessions end --all --app whole --confirm whole --reason leak --json');
    assert.deepEqual(JSON.parse(ended.stdout), { app: 'whole', ended: 1, left: 0 });
    assert.match((await run('subjects history ann --app whole')).stdout, / app +- +leak /);
  });

  test('asks for the name of the app on a terminal', { skip: NEEDS_TERMINAL }, async () => {
    await create(server(), 'typed', { subject: 'ann' });
    for (const [typed, status] of [
      ['y\n', 1],
      ['typed\n', 0],
    ] as const) {
      const terminal = onTerminal([process.execPath, MAIN, 'sessions', 'end', '--all', '--app', 'typed', '--yes'], {
        env: { RS_URL: server().url },
      });
      await terminal.shows('Type typed to go on: ');
      terminal.type(typed);
      assert.equal(await terminal.ended, status, terminal.shown());
    }
  });

  test('logs a user out but for one device, and refuses an exception that is none of theirs', async () => {
    const kept = await create(server(), 'devices', { subject: 'a/ä b' });
    await create(server(), 'devices', { subject: 'a/ä b' });
    const other = await create(server(), 'devices', { subject: 'bob' });
    const end = (...words: string[]) =>
      runCommand(['subjects', 'end', 'a/ä b', '--app', 'devices', '--json', '--yes', ...words], {
        env: { RS_URL: server().url },
      });
    assert.equal((await end('--except', other.id)).status, 2);
    assert.deepEqual(JSON.parse((await end('--except', kept.id)).stdout), {
      app: 'devices',
      subject: 'a/ä b',
      ended: 1,
      left: 1,
    });
    assert.deepEqual(JSON.parse((await end()).stdout), { app: 'devices', subject: 'a/ä b', ended: 1, left: 0 });
    assert.equal((await run('subjects history bob --app devices --yes')).status, 2, '--yes is for --erase');
  });

  test('shows what sessions say of themselves as text that does nothing', async () => {
    const { id } = await create(server(), 'hostile', {
      subject: HOSTILE.replaceAll(/\p{Cc}/gu, ''),
      label: HOSTILE,
      userAgent: HOSTILE,
      data: { [HOSTILE]: HOSTILE },
    });
    for (const words of [
      'sessions list',
      `sessions show ${id}`,
      `sessions show ${id} --json`,
      'sessions list --json',
      'events tail --since 1h --limit 1',
    ]) {
      const { status, stdout } = await run(`${words} --app hostile`);
      assert.equal(status, 0, words);
      assert.doesNotMatch(stdout.replaceAll('\n', ''), /[\p{Cc}\u202e]/u, words);
      assert.ok(stdout.includes('\\u202egnp.exe'), stdout);
    }
  });

  test('tells each failure by its code, and by its exit code', async () => {
    for (const [words, status, code] of [
      ['sessions list --app x', 2, 'wrong_app'],
      ['sessions list --app shop --url http://127.0.0.1:1', 1, 'unreachable'],
      ['sessions list --app shop --url ftp://127.0.0.1', 2, 'wrong_url'],
      ['sessions show 00aaaaaaaaaaaaaa --app shop', 3, 'session_not_found'],
      ['webhooks test none --app shop', 3, 'webhook_not_found'],
      ['events tail --app quiet', 2, 'invalid_request'],
      ['subjects history ann --app quiet', 2, 'invalid_request'],
    ] as const) {
      const ran = await run(words);
      assert.deepEqual([ran.status, ran.stdout], [status, ''], `${words}: ${ran.stderr}`);
      assert.match(ran.stderr, new RegExp(`^rest-sessions: ${code}: [^\n]+\n$`), words);
    }
  });

  test('tails the events of an app and goes on behind one that was heard', async () => {
    const made = [];
    for (const subject of ['ann', 'bob', 'ann']) made.push((await create(server(), 'tailed', { subject })).id);
    const tail = async (words: string) =>
      (await run(`events tail --app tailed --json ${words}`)).stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
    const all = await tail('--since 1h --limit 3');
    assert.deepEqual(
      all.map(({ subject }) => subject),
      made,
    );
    assert.deepEqual(
      (await tail(`--after ${all[0].position} --limit 2`)).map(({ subject }) => subject),
      made.slice(1),
    );
    assert.deepEqual(
      (await tail('--since 1h --subject bob --limit 1')).map(({ subject }) => subject),
      [made[1]],
    );
    for (const words of [
      '',
      '--app tailed --all-apps',
      '--app tailed --since 1h --after x',
      '--app tailed --since soon',
      '--app tailed --limit 0',
    ]) {
      assert.equal((await run(`events tail ${words}`.trim())).status, 2, words);
    }
  });
});

test('an app that is not served is not there; where all are, one that nobody has used is empty', async (t) => {
  const file = join(temporaryFolder(t), 'policy.json');
  writeFileSync(file, JSON.stringify({ strictApps: true, apps: { shop: {} } }));
  const strict = await startServer(t, { RS_STORE: 'memory:', RS_CONFIG: file });
  const open = await startServer(t, { RS_STORE: 'memory:' });
  const words = ['sessions', 'list', '--app', 'shopp'];
  const refused = await runCommand(words, { env: { RS_URL: strict.url } });
  assert.deepEqual([refused.status, refused.stdout], [3, '']);
  assert.match(refused.stderr, /^rest-sessions: app_not_found: /);
  const empty = await runCommand(words, { env: { RS_URL: open.url } });
  assert.deepEqual([empty.status, empty.stdout, empty.stderr], [0, '', 'rest-sessions: no session in shopp\n']);
});

test('a key comes from a file, from the environment or from standard input, and is never shown', async (t) => {
  const [support, root] = [newKey(), newKey()];
  const scopes = ['verify', 'read', 'write', 'revoke', 'admin'];
  const entries = [
    keyListEntry({ name: 'support', hash: hashKey(support), apps: ['shop'], scopes: ['read'] }),
    keyListEntry({ name: 'root', hash: hashKey(root), apps: '*', scopes }),
  ];
  const server = await startServer(t, { RS_STORE: 'memory:', RS_API_KEYS: entries.join(';') });
  await create(server, 'shop', {}, root);
  await create(server, 'desk', {}, root);
  const file = join(temporaryFolder(t), 'key');
  writeFileSync(file, `${support}\n`);
  const run = (words: string, env: Record<string, string> = {}, input = '') =>
    runCommand(words.split(' '), { env: { RS_URL: server.url, ...env }, input });
  for (const given of [
    () => run(`apps --json --key-file ${file}`, { RS_KEY: root }),
    () => run('apps --json', { RS_KEY_FILE: file, RS_KEY: root }),
    () => run('apps --json', { RS_KEY: support }),
    () => run('apps --json --key-file -', {}, support),
  ]) {
    assert.equal((await given()).stdout, '{"app":"shop","subjects":0,"sessions":1}\n');
  }
  for (const [words, key, code] of [
    ['apps', '', 'unauthorized'],
    ['apps', 'rsk_wrong', 'unauthorized'],
    ['sessions list --app desk', support, 'forbidden'],
    ['sessions end --all --app shop --confirm shop', support, 'forbidden'],
  ] as const) {
    const { status, stdout, stderr } = await run(words, key === '' ? {} : { RS_KEY: key });
    assert.deepEqual([status, stdout], [4, ''], words);
    assert.ok(stderr.startsWith(`rest-sessions: ${code}: `) && (key === '' || !stderr.includes(key)), stderr);
  }
  const [folder, none] = [temporaryFolder(t), join(temporaryFolder(t), 'none')];
  for (const [words, env, fault] of [
    ['apps', { RS_KEY_FILE: folder }, `RS_KEY_FILE: ${folder} cannot be read: it is a folder`],
    [`apps --key-file ${none}`, { RS_KEY_FILE: file }, `--key-file: ${none} cannot be read: there is no such file`],
    [`apps --cert ${none} --key ${file}`, {}, `--cert: ${none} cannot be read: there is no such file`],
  ] as const) {
    const { status, stderr } = await run(words, env);
    assert.deepEqual([status, stderr], [2, `rest-sessions: ${fault}\n`], words);
  }
});

test('without an address it asks the server of its configuration, with TLS and certificates as that has them', async (t) => {
  const folder = temporaryFolder(t);
  const authority = makeAuthority(folder);
  const own = authority.issue('own', '/CN=sessions.example.com', 'DNS:sessions.example.com');
  const tls = { RS_TLS_CERT: own.cert, RS_TLS_KEY: own.key, RS_TLS_CLIENT_CA: authority.cert };
  const server = await startServer(t, { RS_STORE: 'memory:', ...tls });
  const env = { RS_PORT: `${server.port}`, ...tls };
  assert.equal((await runCommand(['sessions', 'list', '--app', 'shop'], { env })).status, 0);
  const shown = ['--url', server.url, '--cert', own.cert, '--key', own.key];
  const stranger = await runCommand(['apps', ...shown], { env: {} });
  assert.equal(stranger.status, 1, 'another machine checks whose certificate it is');
  assert.equal((await runCommand(['apps'], { env: { RS_PORT: '0' } })).status, 2);
});
