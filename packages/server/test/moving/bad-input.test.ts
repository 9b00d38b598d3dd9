/** What is no source of its kind: one sentence each, and nothing is changed: not even the folder of the target is made. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, constants, existsSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { readConfig } from '../../src/config.ts';
import { importInto, KINDS, UsageFault, WrongSource } from '../../src/importing.ts';
import { MemoryStore } from '../../src/stores/memory/memory-store.ts';
import { runCommand } from '../support/command.ts';
import { exported, installAll, stored } from '../support/moving.ts';
import { freePorts } from '../support/redis.ts';
import { type Cleanup, lastFirst, temporaryFolder } from '../support/server.ts';

const T0 = 1_800_000_000_000;

/** Imports into a folder that is not there. Gives what it was told, and whether there is a store now. */
async function attempt(
  t: Cleanup,
  name: string,
  where: string,
  given: Record<string, string> = {},
  signal = new AbortController().signal,
) {
  const folder = join(temporaryFolder(t), 'data');
  const kind = KINDS[name]!;
  const request = {
    kind,
    where,
    app: kind.app === 'needed' ? 'shop' : null,
    text: (option: string) => given[option],
    has: (option: string) => option in given,
    said: [where],
    dryRun: false,
    goesOn: false,
  };
  const config = readConfig({ RS_STORE: `lmdb:${folder}` });
  const outcome = await importInto(
    config,
    request,
    () => T0,
    signal,
    () => {},
  ).then(
    (report) => ({ report, error: null }),
    (error: Error) => ({ report: null, error }),
  );
  return { ...outcome, isThere: existsSync(folder) };
}

async function whole(): Promise<string> {
  const store = new MemoryStore();
  await installAll(store, [stored(T0), stored(T0, { subject: 'joe' }), stored(T0, { subject: 'ann' })], T0);
  return exported(store, T0);
}

/** Gives an ending that fits. */
function ended(lines: string): string {
  const sha256 = createHash('sha256').update(lines).digest('hex');
  return `${lines}{"sessions":${lines.split('\n').length - 2},"sha256":"${sha256}"}\n`;
}
const withoutEnding = (text: string) => text.slice(0, text.lastIndexOf('\n', text.length - 2) + 1);

/** What the file is, how it comes about, and what is said of it after its name. */
const FILES: readonly (readonly [what: string, make: (text: string) => string | Buffer, said: RegExp])[] = [
  ['empty', () => '', /is empty/],
  [
    'compressed',
    (text) => gzipSync(text),
    /is compressed \(gzip\): pipe it through gunzip -c, and read it with ndjson:-/,
  ],
  ['a file with a byte order mark', (text) => `\ufeff${text}`, /begins with a byte order mark/],
  ['in UTF-16', (text) => Buffer.from(`\ufeff${text}`, 'utf16le'), /is in UTF-16/],
  ['with CR LF', (text) => text.replaceAll('\n', '\r\n'), /has lines that end with CR LF/],
  [
    'cut off between two lines',
    (text) => withoutEnding(text),
    /is cut off: its last line, with the count and the checksum/,
  ],
  ['cut off in a line', (text) => text.slice(0, text.length / 2), /is cut off/],
  ['cut off in its last line', (text) => text.slice(0, -2), /is cut off/],
  ['cut off in its first line', (text) => text.slice(0, 60), /is cut off/],
  ['without a session that it had', (text) => text.replace(/\n.*\n/, '\n'), /has 2 sessions, and its last line says 3/],
  ['with a letter changed', (text) => text.replace('"joe"', '"jim"'), /was changed after the export: its SHA-256/],
  [
    'of a later version',
    (text) => text.replace('"version":1', '"version":2'),
    /is of version 2 of the format, and this rest-sessions reads 1/,
  ],
  ['another JSON', () => '{"name":"x"}\n', /is no file that rest-sessions export wrote/],
  ['a text', () => 'hello\n', /is no file that rest-sessions export wrote/],
  ['bytes', () => Buffer.from([0, 1, 2, 0xff, 0xfe]), /is no file that rest-sessions export wrote/],
  [
    'a session without a header',
    (text) => text.slice(text.indexOf('\n') + 1),
    /is no file that rest-sessions export wrote/,
  ],
  ['encrypted (PGP)', () => '-----BEGIN PGP MESSAGE-----\n', /is encrypted \(PGP\)/],
  ['encrypted (age)', () => 'age-encryption.org/v1\n', /is encrypted \(age\)/],
];

describe('a file that is no export', () => {
  for (const [what, make, said] of FILES) {
    test(`${what}: one sentence, exit 2, nothing changed`, async (t) => {
      const file = join(temporaryFolder(t), 'x.ndjson');
      writeFileSync(file, make(await whole()));
      const { error, isThere } = await attempt(t, 'ndjson', file);
      assert.ok(error instanceof WrongSource, String(error));
      assert.match(error.message, said);
      assert.ok(error.message.startsWith(file) && !error.message.includes('\n'), error.message);
      assert.equal(isThere, false);
    });
  }

  test('lines that are no session, and sessions that are there twice, are counted, with the others taken', async (t) => {
    const file = join(temporaryFolder(t), 'x.ndjson');
    const lines = withoutEnding(await whole())
      .trimEnd()
      .split('\n');
    const guest = lines.find((line) => line.includes('"subject":null'))!;
    const broken = [
      '{}',
      'no JSON',
      '',
      guest.replace('"data":"{}"', '"data":"[]"'),
      guest.replace('"data":"{}"', '"data":"{ }"'),
      guest.replace('"app":"shop"', '"app":"_x"'),
      guest.replace('"hash":"1.', '"hash":"2.'),
      guest.replace('"subject":null', '"subject":"joe"').replace('"authenticatedAt":null', '"authenticatedAt":1'),
      guest.replace('"id"', '"more":1,"id"'),
    ];
    writeFileSync(file, ended(`${[...lines, ...lines.slice(1, 3), ...broken].join('\n')}\n`));
    const { report, error } = await attempt(t, 'ndjson', file);
    assert.equal(error, null);
    assert.deepEqual([report!.taken, report!.present], [3, 2]);
    const left = Object.fromEntries(report!.left.map(({ reason, count }) => [reason, count]));
    // That of another partition is told as an id that does not fit its user, unless it happens to.
    assert.deepEqual(left, { unreadable: 4, invalid_data: 2, invalid_app: 1, invalid_token: 1, invalid_id: 1 });
    assert.deepEqual(report!.left.find(({ reason }) => reason === 'unreadable')!.example, 'line 7');
  });
});

/** What comes through a pipe is not read before: the same sentences, for what can be seen in it. */
describe('a pipe that is no export', () => {
  for (const [what, make, said] of FILES) {
    test(`${what}: one sentence, and never taken for whole`, async (t) => {
      const bytes = Buffer.from(make(await whole()));
      const folder = join(temporaryFolder(t), 'data');
      const { status, stdout, stderr } = await runCommand(['import', '--from', 'ndjson:-', '--json'], {
        env: { RS_STORE: `lmdb:${folder}` },
        input: bytes as unknown as string,
      });
      assert.match(stderr, said);
      // What came before its fault was seen is there.
      const isSeenLate = /^(cut off (between|in a line|in its last)|without a session|with a letter)/.test(what);
      const end = isSeenLate ? 'not all of standard input was read[^\\n]*' : 'nothing was changed';
      assert.match(stderr, new RegExp(`^rest-sessions: standard input [^\\n]*; ${end}\\n$`));
      assert.equal(status, isSeenLate ? 1 : 2);
      if (isSeenLate) assert.equal(JSON.parse(stdout).complete, false);
      else assert.equal(stdout, '');
      // Whoever wrote a header has made an export, so the target was opened for it.
      const hasHeader = bytes.subarray(0, bytes.indexOf(0x0a)).equals(Buffer.from((await whole()).split('\n')[0]!));
      if (!hasHeader) assert.equal(existsSync(folder), false, 'the target was made');
    });
  }

  const noPipes = process.platform === 'win32';

  test('a named pipe that nobody writes to is waited for until the signal, and nothing is made', {
    skip: noPipes,
  }, async (t) => {
    const cleanup = lastFirst(t);
    const pipe = join(temporaryFolder(cleanup), 'pipe');
    execFileSync('mkfifo', [pipe]);
    // Where opening it waits for a writer, this one lets the test end.
    cleanup.after(() => closeSync(openSync(pipe, constants.O_RDWR | constants.O_NONBLOCK)));
    const stop = new AbortController();
    const outcome = attempt(t, 'ndjson', pipe, {}, stop.signal);
    setImmediate(() => stop.abort());
    const { report, isThere } = await outcome;
    assert.deepEqual([report, isThere], [null, false]);
  });

  test('a named pipe is read to its end, and an empty one makes nothing', {
    skip: noPipes,
    timeout: 60_000,
  }, async (t) => {
    const pipe = join(temporaryFolder(t), 'pipe');
    execFileSync('mkfifo', [pipe]);
    for (const text of [await whole(), '']) {
      const outcome = attempt(t, 'ndjson', pipe);
      // It is opened for writing as soon as it is opened for reading.
      await writeFile(pipe, text);
      const { report, error, isThere } = await outcome;
      assert.deepEqual([report?.taken ?? 0, isThere], text === '' ? [0, false] : [3, true]);
      if (text === '') assert.match(String(error), /is empty$/);
    }
  });
});

describe('what is no source', () => {
  const isOfRedis = (where: string) => where.startsWith('redis');

  for (const [name, { where, app }] of Object.entries(KINDS)) {
    test(`${name}: what is not there, is a folder or a file in the wrong place, or something else`, async (t) => {
      const folder = temporaryFolder(t);
      mkdirSync(join(folder, 'folder'));
      writeFileSync(join(folder, 'file'), 'hello\n');
      writeFileSync(join(folder, 'nothing'), '');
      writeFileSync(join(folder, 'random'), createHash('sha512').update('x').digest());
      const [port] = await freePorts(1);
      const wrong = isOfRedis(where)
        ? [`redis://127.0.0.1:${port}/0`, 'http://127.0.0.1/', 'redis://', '/', 'redis://127.0.0.1/x']
        : where.startsWith('FOLDER')
          ? ['none', 'file', 'random'].map((of) => join(folder, of))
          : ['none', 'folder', 'file', 'random', 'nothing'].map((of) => join(folder, of));
      for (const of of wrong) {
        const { error, isThere } = await attempt(t, name, of, app === 'needed' ? { 'keep-tokens': '' } : {});
        assert.ok(error !== null, `${name}:${of}`);
        assert.doesNotMatch(error.message, /\n|undefined|\bat \w+ \(|Error:/, `${name}:${of}`);
        assert.ok(error.message.length > 15 && error.message.length < 400, error.message);
        if (!of.includes(`:${port}`))
          assert.ok(error instanceof WrongSource || error instanceof UsageFault, `${name}:${of}: ${error}`);
        assert.equal(isThere, false, `${name}:${of} changed the target`);
      }
    });
  }
});
