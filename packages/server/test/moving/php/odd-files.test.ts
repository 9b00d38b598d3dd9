/** What a folder of PHP sessions may have beside what is usual, and what a person may get wrong. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { Browser } from '../../../../client/test/support.ts';
import { importedCredential } from '../../../src/core/token.ts';
import type { Found } from '../../../src/moving/source.ts';
import { PhpFilesSource } from '../../../src/moving/sources/php/php-files.ts';
import { Notes } from '../../../src/moving/sources/web/survey.ts';
import { NEEDS_ROOT, STRANGER } from '../../support/command.ts';
import { type Cleanup, lastFirst, temporaryFolder } from '../../support/server.ts';
import { refused, served, summaryOf } from '../moved.ts';
import { startPages, withoutPhp } from './php.ts';

const SESSION = 'user|s:3:"ada";visits|i:3;';
const id = (name: string) => name.padEnd(26, 'tokenofavisitor0123456789');
const words = (from: string, ...more: string[]) => [
  '--from',
  `php-files:${from}`,
  '--app',
  'shop',
  '--keep-tokens',
  ...more,
];

function folderWith(cleanup: Cleanup, files: Readonly<Record<string, string | Buffer>>): string {
  const folder = temporaryFolder(cleanup);
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  return folder;
}

/** All that a source gives of a folder. */
async function foundIn(where: string, clock = Date.now): Promise<Found[]> {
  const options = { app: 'shop', subject: null, format: null, notes: new Notes(), timeout: 1_440_000, clock };
  const source = await PhpFilesSource.open(where, options);
  const all: Found[] = [];
  for await (const found of source.read(null)) all.push(found);
  return all;
}

test('the time of a file is when its session was seen last, and --timeout its idle timeout', async (t) => {
  const ending = lastFirst(t);
  const folder = folderWith(ending, {
    [`sess_${id('a')}`]: SESSION,
    [`sess_${id('b')}`]: SESSION,
    [`sess_${id('c')}`]: SESSION,
  });
  const now = Math.floor(Date.now() / 1000);
  utimesSync(join(folder, `sess_${id('a')}`), now, now - 3000);
  utimesSync(join(folder, `sess_${id('b')}`), now, now - 4000);
  utimesSync(join(folder, `sess_${id('c')}`), now, now + 500);
  const { server, taken, left } = await served(ending, words(folder, '--timeout', '3600', '--subject', 'user'));
  assert.deepEqual([taken, left], [2, { expired: 1 }]);
  const answer = await fetch(`${server.url}/v1/apps/shop/subjects/ada/sessions`);
  const { sessions } = (await answer.json()) as {
    sessions: { lastSeenAt: string; expiresAt: string; idleTimeout: number }[];
  };
  const seen = sessions.map(({ lastSeenAt }) => Date.parse(lastSeenAt)).sort();
  assert.equal(seen[0], (now - 3000) * 1000);
  assert.ok(seen[1]! < (now + 500) * 1000, 'nobody was seen in the future');
  assert.deepEqual(
    sessions.map(({ idleTimeout }) => idleTimeout),
    [3600, 3600],
  );
});

test('what is no session is left, counted and named without its token', async (t) => {
  const folder = folderWith(t, {
    [`sess_${id('a')}`]: SESSION,
    [`sess_${id('empty')}`]: '',
    [`sess_${id('nothing')}`]: 'a:0:{}',
    [`sess_${id('half')}`]: SESSION.slice(0, 12),
    [`sess_${id('more')}`]: `${SESSION}x`,
    [`sess_${id('json')}`]: '{"user":1}',
    [`sess_${id('huge')}`]: Buffer.alloc(17_000_000, 0x20),
    [`sess_${id('large')}`]: `t|s:5000000:"${'x'.repeat(5_000_000)}";`,
    [`sess_${id('deep')}`]: `t|${'a:1:{i:0;'.repeat(40)}i:1;${'}'.repeat(40)}`,
    [`sess_${id('C')}`]: 'a|i:1;b|C:5:"Thing":12:{a:1:{i:0;r:1;}}'.replace('12:{', '14:{'),
    sess_: SESSION,
    'sess_.._x': SESSION,
    [`ci_session${id('q')}`]: 'x',
    'notes.txt': 'x',
    '.htaccess': 'x',
  });
  symlinkSync(join(folder, `sess_${id('a')}`), join(folder, `sess_${id('link')}`));
  mkdirSync(join(folder, `sess_${id('folder')}`));
  spawnSync('mkfifo', [join(folder, `sess_${id('pipe')}`)]);
  spawnSync('touch', ['-d', '10 seconds ago', ...readdirSync(folder).map((name) => join(folder, name))]);
  const { taken, left, text } = await summaryOf(t, words(folder));
  assert.equal(taken, 1);
  assert.deepEqual(left, {
    foreign: 6,
    empty: 2,
    unreadable: 3,
    data_too_large: 2,
    invalid_data: 1,
    unmovable: 1,
  });
  assert.match(text, /the class Thing in /);
  assert.doesNotMatch(text, /tokenof/);
});

test('a file that is written at this moment is read when it is whole', async (t) => {
  const path = join(folderWith(t, { [`sess_${id('a')}`]: SESSION.slice(0, 17) }), `sess_${id('a')}`);
  let asked = 0;
  const [found] = await foundIn(join(path, '..'), () => {
    // As PHP goes on writing after the first look.
    if (asked++ === 0) writeFileSync(path, SESSION);
    return statSync(path).mtimeMs + (asked > 2 ? 1000 : 0);
  });
  assert.equal(found?.kind === 'session' && found.record.session.data, '{"user":"ada","visits":3}');
});

test('a session of a folder in the wrong place is none, as for PHP itself', async (t) => {
  const folder = temporaryFolder(t);
  for (const [path, name] of [
    ['a/b', 'ab'],
    ['a/c', 'ab'],
  ] as const) {
    mkdirSync(join(folder, path), { recursive: true });
    writeFileSync(join(folder, path, `sess_${id(name)}`), SESSION);
    spawnSync('touch', ['-d', '10 seconds ago', join(folder, path, `sess_${id(name)}`)]);
  }
  assert.deepEqual(
    (await foundIn(`2;0600;${folder}`)).map(({ kind }) => kind),
    ['session', 'left'],
  );
});

test('an id is the one that importing it any other way gives, and a short one has the token that our handler has', async (t) => {
  const folder = folderWith(t, { [`sess_${id('a')}`]: SESSION, sess_short: SESSION });
  spawnSync('touch', ['-d', '10 seconds ago', join(folder, `sess_${id('a')}`), join(folder, 'sess_short')]);
  const ids = (await foundIn(folder)).map((found) => found.kind === 'session' && found.record.session.id).sort();
  const short = 'php.f9b0078b5df596d2ea19010c001bbd009e651de2c57e8fb7e355f31eb9d3f739';
  assert.deepEqual(ids, [id('a'), short].map((token) => importedCredential(token, null).id).sort());
});

for (const [handler, name] of [
  ['php_binary', 'session'],
  ['igbinary', 'igbinary'],
] as const) {
  test(`sessions that ${handler} wrote are refused in a sentence`, { skip: withoutPhp('session', name) }, async (t) => {
    const ending = lastFirst(t);
    const folder = temporaryFolder(ending);
    const shop = await startPages(ending, { 'session.save_path': folder, 'session.serialize_handler': handler });
    await new Browser(shop).get('/?do=login');
    await refused(
      ending,
      words(folder),
      /1 files, and the first ones were written by php_binary or igbinary, which are not read/,
    );
    await refused(ending, words(folder, '--format', handler), /--format must be php or php_serialize/);
  });
}

test('what is wrong is one sentence that says what is there, and nothing is changed', async (t) => {
  const folder = folderWith(t, { [`sess_${id('a')}`]: SESSION });
  const nothing = temporaryFolder(t);
  mkdirSync(join(nothing, 'a', 'b'), { recursive: true });
  await refused(t, ['--from', `php-files:${folder}`, '--app', 'shop'], /say --keep-tokens/);
  await refused(t, words(join(folder, 'none')), /there is no folder .*none; nothing was changed$/);
  await refused(t, words(join(folder, `sess_${id('a')}`)), /is no folder/);
  await refused(
    t,
    words(nothing),
    /has no files of PHP sessions \(sess_ and an id\), but folders of one character: .*2;FOLDER/,
  );
  await refused(t, words(`2;${folder}`), /has no files of PHP sessions \(sess_ and an id, 2 folders deep\)/);
  await refused(t, words(`99;${folder}`), /depth of more than 8/);
  await refused(
    t,
    words(folder, '--subject', 'user_id'),
    /--subject user_id leads nowhere in any of 1 sessions: they keep user, visits/,
  );
});

describe('as an account that may not read them', { skip: NEEDS_ROOT }, () => {
  test('the folder, and a file in it, are named with what to do', async (t) => {
    const folder = folderWith(t, { [`sess_${id('a')}`]: SESSION });
    spawnSync('touch', ['-d', '10 seconds ago', join(folder, `sess_${id('a')}`)]);
    chmodSync(folder, 0o1733);
    const target = temporaryFolder(t);
    chownSync(target, STRANGER.uid, STRANGER.gid);
    const env = { TMPDIR: target };
    await refused(t, words(folder), /cannot be read by this account: .*www-data/, { ...STRANGER, cwd: '/', env });
    chmodSync(folder, 0o755);
    chmodSync(join(folder, `sess_${id('a')}`), 0o600);
    await refused(t, words(folder), /sess_… cannot be read by this account/, { ...STRANGER, cwd: '/', env });
  });
});
