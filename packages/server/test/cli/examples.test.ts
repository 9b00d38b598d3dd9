/**
 * Every example of every command, as --help and the manual page print it, in a shell and against a real server. They name usual ports
 * (3000, 6379), so the shell has a network of its own, in which nothing else listens: nobody's Redis is written to.
 */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { Example } from '../../src/cli/definition.ts';
import { COMMANDS } from '../../src/cli/definitions/index.ts';
import { type Cleanup, MAIN, temporaryFolder } from '../support/server.ts';

const IS_ALONE = spawnSync('unshare', ['-rn', 'ip', 'link', 'set', 'lo', 'up']).status === 0;
const NEEDS_NETWORK =
  IS_ALONE || process.env.CI === 'true' ? false : 'no network of its own can be made here (unshare)';
const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const BROWSER = 'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0';

/** What an example prints. Of the others only that they end with 0 is asked. */
const PRINTED: Readonly<Record<string, RegExp>> = {
  'rest-sessions apps': /^app +subjects +sessions\nshop +2 +4\n$/,
  'rest-sessions apps --json': /^\{"app":"shop","subjects":2,"sessions":4\}\n$/,
  'rest-sessions sessions list --app shop --limit 20': /^id +subject +label .*\n(.* 203\.0\.113\.9 .*\n){4}$/,
  'rest-sessions sessions list --app shop --active-within 10m --json | wc -l': /^ *4\n$/,
  'rest-sessions sessions show "$ID" --app shop': /^subject +u1$/m,
  'rest-sessions sessions show --token-stdin --app shop < token': /^data +\{"cart":\["book"\]\}$/m,
  'rest-sessions sessions end "$ID" --app shop --reason "lost phone" --yes': /^1 session of shop ended\n$/,
  'rest-sessions sessions list --app shop --ip 203.0.113.9 --json | rest-sessions sessions end - --app shop --yes':
    /^4 sessions of shop ended\n$/,
  'rest-sessions sessions end --all --app shop --confirm shop --reason "key leaked"':
    /^4 sessions of shop ended, 0 left\n$/,
  'rest-sessions subjects show u1 --app shop': /^id +label .*\n(.*Firefox.*\n){3}$/,
  'rest-sessions subjects end u1 --app shop --dry-run': /^would end 3 sessions of u1 in shop\n$/,
  'rest-sessions subjects end u1 --app shop --except "$ID" --reason "password changed" --yes':
    /^2 sessions of u1 in shop ended, 1 left\n$/,
  'rest-sessions subjects history u1 --app shop': /^ended +reason +by +note .*\n(.* subject .* stolen .*\n)+/,
  'rest-sessions subjects history u1 --app shop --erase --yes': /^\d+ entries of u1 in shop erased\n$/,
  'rest-sessions events tail --app shop --since 1h --types session.ended --limit 1':
    /session\.ended .*subject: stolen\n$/,
  'rest-sessions events tail --all-apps --since 1h --json --limit 2': /^(\{.*"position":"[^"]+"\}\n){2}$/,
  'rest-sessions webhooks list --app shop': /^name +state .*\ncrm +active /,
  'rest-sessions webhooks test crm --app shop': /^delivered: it answered 204\n$/,
  'rest-sessions webhooks resend crm --app shop': /^0 sent again, 0 left\n$/,
  'rest-sessions webhooks replay crm --app shop --from 2026-01-31T08:00:00Z': /^\d+ events are sent again\n$/,
};

/** They say what is wrong with this machine, and end with 1 when something is. */
const MAY_FIND = /^rest-sessions doctor/;
const STARTS_SERVER = /(^|rest-sessions )(rest-sessions|serve)$/;

const examples = [...COMMANDS.values()].flatMap(({ verbs }) =>
  Object.values(verbs).flatMap((verb) => verb.examples.map(({ line }: Example) => line)),
);
const servers = examples.filter((line) => STARTS_SERVER.test(line));
const others = examples.filter((line) => !STARTS_SERVER.test(line));

/** What every shell begins with: a network, a Redis, the command. */
const BEGIN = `set -u
ip link set lo up
redis-server --port 6379 --save '' --dir "$HOME" >"$HOME/redis.log" 2>&1 &
await() { for _ in $(seq 600); do "$@" >/dev/null 2>&1 && return; sleep 0.1; done; echo "not there: $*" >&2; exit 1; }
await redis-cli ping
`;

/** The server that is asked. Its sessions are new before each example, so that it needs no other. */
const SERVER = `node ../receiver.mjs &
rest-sessions serve >"$HOME/server.log" 2>&1 &
await curl -sf http://127.0.0.1:3000/readyz
create() { curl -sf -X POST http://127.0.0.1:3000/v1/apps/shop/sessions -H 'Content-Type: application/json' -d "$1"; }
user() { create "{\\"subject\\":\\"$1\\",\\"ip\\":\\"203.0.113.9\\",\\"label\\":\\"Laptop\\",\\"userAgent\\":\\"${BROWSER}\\",\\"data\\":{\\"cart\\":[\\"book\\"]}}"; }
fixture() {
  curl -sf -X DELETE 'http://127.0.0.1:3000/v1/apps/shop/subjects/u1/sessions?reason=stolen' >/dev/null
  curl -sf -X DELETE 'http://127.0.0.1:3000/v1/apps/shop/sessions?confirm=shop' >/dev/null
  user u2 >/dev/null; user u1 >/dev/null; user u1 >/dev/null; user u1 > last
  TOKEN=$(sed 's/.*"token":"\\([^"]*\\)".*/\\1/' last); ID=$(sed 's/.*"session":{"id":"\\([^"]*\\)".*/\\1/' last)
  echo "$TOKEN" > token; rm last
}
echo 'a password that nobody guesses' > password.txt
key_file() { rm -f keys.json; rest-sessions keys create --name web --apps shop --scopes verify --file keys.json > key.txt 2>/dev/null; }
`;

function steps(): string {
  return others
    .map((line, i) => {
      const before = /^rest-sessions keys (?!create)/.test(line) ? 'key_file' : 'fixture';
      // Somewhere else, as they are meant: what is to be brought is there already.
      const elsewhere = /^rest-sessions import/.test(line) ? 'export RS_STORE=lmdb:another; ' : '';
      return `${before}\n( ${elsewhere}${inItsShell(line)} ) >"$HOME/${i}.out" 2>"$HOME/${i}.err" </dev/null; echo $? >"$HOME/${i}.code"\n`;
    })
    .join('');
}

/** What is for another shell is run there, where it is installed. */
function inItsShell(line: string): string {
  const [, other] = /completion (zsh|fish)/.exec(line) ?? [];
  const begin = other === 'zsh' ? 'autoload -Uz compinit; compinit -u; ' : '';
  return other === undefined ? line : `! command -v ${other} || ${other} -c '${begin}${line}'`;
}

/** Runs a script in a network of its own, in an empty folder. Gives the folder of what it wrote. */
async function shell(cleanup: Cleanup, script: string, env: Record<string, string> = {}) {
  const home = temporaryFolder(cleanup);
  for (const name of ['bin', 'work']) mkdirSync(join(home, name));
  const command = `#!/bin/sh\nexec "${process.execPath}" "${MAIN}" "$@"\n`;
  writeFileSync(join(home, 'bin/rest-sessions'), command, { mode: 0o755 });
  const webhooks = [{ name: 'crm', url: 'http://127.0.0.1:9000/', secrets: [{ env: 'CRM_SECRET' }] }];
  const policy = { defaults: { events: true, history: { days: 1 } }, apps: { shop: { webhooks } } };
  writeFileSync(join(home, 'policy.json'), JSON.stringify(policy));
  const receiver = `import { createServer } from 'node:http';
createServer((request, response) => request.resume().on('end', () => response.writeHead(204).end())).listen(9000, '127.0.0.1');\n`;
  writeFileSync(join(home, 'receiver.mjs'), receiver);
  // Whatever it started ends with it: the first process of a space of processes is the last of it.
  const child = spawn('unshare', ['-rnpf', '--kill-child', 'bash', '-c', BEGIN + script], {
    cwd: join(home, 'work'),
    env: { PATH: `${join(home, 'bin')}:${process.env.PATH}`, HOME: home, LC_ALL: 'C.UTF-8', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  cleanup.after(() => child.kill('SIGKILL'));
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += chunk));
  const [status] = await once(child, 'close');
  return { home, status, said };
}

describe('the examples of all commands', { skip: NEEDS_NETWORK }, () => {
  test('end as they should, and print what they are for', async (t) => {
    const env = {
      RS_STORE: 'lmdb:sessions',
      RS_CONFIG: '../policy.json',
      RS_WEBHOOK_NETWORKS: '127.0.0.0/8',
      CRM_SECRET: SECRET,
    };
    const { home, status, said } = await shell(t, SERVER + steps(), env);
    const log = existsSync(join(home, 'server.log')) ? readFileSync(join(home, 'server.log'), 'utf8') : '';
    assert.equal(status, 0, `${said}\n${log}`);
    for (const [i, line] of others.entries()) {
      const [out, err, code] = ['out', 'err', 'code'].map((name) => readFileSync(join(home, `${i}.${name}`), 'utf8'));
      const told = `${line}\n${out}\n${err}`;
      if (MAY_FIND.test(line)) assert.match(code!, /^[01]$/m, told);
      else assert.equal(code, '0\n', told);
      if (PRINTED[line] !== undefined) assert.match(out!, PRINTED[line], told);
    }
    for (const line of Object.keys(PRINTED)) assert.ok(others.includes(line), `no example any more: ${line}`);
  });

  for (const line of servers) {
    test(`a server is started by: ${line}`, async (t) => {
      const script = `${line} >"$HOME/log" 2>&1 &
await grep -q '"msg":"listening"' "$HOME/log"
kill %2; wait %2`;
      const { home, status } = await shell(t, script);
      assert.equal(status, 0, readFileSync(join(home, 'log'), 'utf8'));
    });
  }
});
