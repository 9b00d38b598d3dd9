/** Backup, restore and stats as an operator uses them, on real stores with real servers. */
import assert from 'node:assert/strict';
import { execFile, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { backUp } from '../../src/stores/lmdb/backup/backup.ts';
import { restore } from '../../src/stores/lmdb/backup/restore.ts';
import { FORMAT, KNOWN_FORMAT } from '../../src/stores/lmdb/format.ts';
import { Tables } from '../../src/stores/lmdb/tables.ts';
import { Client } from '../support/client.ts';
import { eventually } from '../support/folder.ts';
import { startRedis } from '../support/redis.ts';
import { type Cleanup, MAIN, startServer, temporaryFolder } from '../support/server.ts';

interface Said {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command on the store of a folder. */
function run(store: string, ...args: string[]): Promise<Said> {
  const options = { env: { PATH: process.env.PATH, RS_STORE: store }, timeout: 120_000 };
  return new Promise((resolve) => {
    execFile(process.execPath, [MAIN, ...args], options, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });
}

/** A folder with a few sessions, and a backup of it. */
async function made(t: Cleanup) {
  const folder = temporaryFolder(t);
  const [store, file] = [`lmdb:${join(folder, 'data')}`, join(folder, 'sessions.backup')];
  const server = await startServer(t, { RS_STORE: store });
  const client = new Client(server.url);
  t.after(() => client.close());
  const tokens: string[] = [];
  for (let i = 0; i < 20; i++) tokens.push(await client.create('shop', `user${i % 5}`));
  const said = await run(store, 'backup', file, '--json');
  assert.equal(said.code, 0, said.stderr);
  return { folder, store, file, server, client, tokens, told: JSON.parse(said.stdout) };
}

describe('backup of the embedded store', () => {
  test('has all that was answered before it, and restores to where those sessions live and no others', async (t) => {
    const { folder, file, client, tokens, told } = await made(t);
    assert.deepEqual(told.namespaces, [{ name: 'drs', format: FORMAT, sessions: 20 }]);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    const later = await client.create('shop', 'later');
    const fresh = join(folder, 'fresh');
    const restored = await run(`lmdb:${fresh}`, 'restore', file);
    assert.equal(restored.code, 0, restored.stderr);
    assert.match(restored.stdout, /20 sessions under drs/);
    assert.match(restored.stderr, /sessions that ended after \S+ are back/);
    assert.deepEqual(
      [statSync(fresh).mode & 0o777, statSync(join(fresh, 'data.mdb')).mode & 0o777, readdirSync(fresh)],
      [0o700, 0o600, ['data.mdb']],
    );
    const second = await startServer(t, { RS_STORE: `lmdb:${fresh}` });
    const other = new Client(second.url);
    t.after(() => other.close());
    for (const token of tokens) assert.match((await other.send('GET', `/shop/get/${token}`)).json.id, /^user\d$/);
    assert.deepEqual((await other.send('GET', `/shop/get/${later}`)).json, {});
    assert.deepEqual((await other.send('DELETE', '/shop/killall')).json, { kill: 20 });
    assert.equal((await run(`lmdb:${fresh}`, 'doctor')).code, 0);
  });

  test('is of one state while two servers write: nothing in it contradicts, and what came before is there', async (t) => {
    const { folder, store, file, client, server } = await made(t);
    const beside = await startServer(t, { RS_STORE: store });
    let over = false;
    const known: string[] = [];
    const work = async (url: string, n: number) => {
      const own = new Client(url);
      for (let i = 0; !over; i++) {
        const token = await own.create('shop', `w${n}-${i % 7}`);
        if (i % 3 === 0) await own.send('DELETE', `/shop/kill/${token}`);
        else known.push(token);
        await own.send('POST', `/shop/set/${known.at(-1)}`, { text: 'x'.repeat((i % 5) * 200) });
      }
      await own.close();
    };
    const load = Promise.all([server.url, beside.url, server.url, beside.url].map(work));
    for (let round = 0; round < 2; round++) {
      const before = [...known];
      const said = await run(store, 'backup', file, '--replace');
      assert.equal(said.code, 0, said.stderr);
      const place = `lmdb:${join(folder, `round${round}`)}`;
      assert.equal((await run(place, 'restore', file)).code, 0);
      const doctor = await run(place, 'doctor');
      assert.match(doctor.stdout, /Nothing is wrong\./, doctor.stdout);
      const third = await startServer(t, { RS_STORE: place });
      const own = new Client(third.url);
      for (const token of before.slice(-50)) {
        assert.ok((await own.send('GET', `/shop/get/${token}`)).json.id, 'a session from before the backup is missing');
      }
      await own.close();
      await third.end();
    }
    over = true;
    await load;
    assert.equal((await client.send('GET', '/shop/activity?dt=600')).status, 200);
  });

  test('leaves a file alone that is there, unless it is told to replace it, and then until the new one is whole', async (t) => {
    const { store, file } = await made(t);
    const before = readFileSync(file);
    const refused = await run(store, 'backup', file);
    assert.deepEqual([refused.code, refused.stdout], [1, '']);
    assert.match(refused.stderr, /is there already: name another file, or say --replace/);
    assert.deepEqual(readFileSync(file), before);
    const nowhere = await run(`lmdb:${store}-none`, 'backup', file, '--replace');
    assert.match(nowhere.stderr, /^rest-sessions: no store in /);
    assert.deepEqual(readFileSync(file), before);
    assert.equal((await run(store, 'backup', file, '--replace')).code, 0);
    assert.notDeepEqual(readFileSync(file), before);
  });

  test('that was killed in the middle leaves no file of its name, and the next one tidies up', async (t) => {
    const { folder, store, file } = await made(t);
    const name = join(folder, 'second.backup');
    const child = spawn(process.execPath, [MAIN, 'backup', name], {
      env: { PATH: process.env.PATH, RS_STORE: store },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const ended = once(child, 'close');
    const partial = () => readdirSync(folder).filter((entry) => entry.startsWith('second.backup.partial-'));
    await eventually(() => partial().length > 0 || existsSync(name) || child.exitCode !== null);
    child.kill('SIGKILL');
    await ended;
    assert.ok(!existsSync(name) || (await run(store, 'restore', name, '--check')).code === 0);
    // So it is after a kill at any other moment, too.
    mkdirSync(join(folder, `second.backup.partial-${child.pid}`), { recursive: true });
    assert.equal((await run(store, 'backup', name, '--replace')).code, 0);
    assert.deepEqual(partial(), []);
    assert.equal((await run(store, 'restore', file, '--check')).code, 0);
  });

  test('and a restore remove what others have left, also under their own number, as in a container', async (t) => {
    const { folder, store } = await made(t);
    const [path, file, fresh] = [store.slice('lmdb:'.length), join(folder, 'again'), join(folder, 'fresh')];
    // One that was killed a while ago: its number is nobody's now.
    const { pid = 0 } = spawnSync(process.execPath, ['--version']);
    for (const left of [process.pid, pid].flatMap((own) => [
      `${file}.partial-${own}`,
      join(fresh, `restoring-${own}`),
    ])) {
      mkdirSync(left, { recursive: true });
      writeFileSync(join(left, 'data.mdb'), 'half');
    }
    await backUp({ path, file, replace: false, version: '0.0.0', onProgress: () => undefined });
    await restore({ file, path: fresh, replace: false, onBytes: () => undefined });
    assert.deepEqual(readdirSync(fresh), ['data.mdb']);
    if (process.geteuid?.() !== 0) return;
    // Root restores for the account of the server, which owns the folder.
    const owned = join(folder, 'owned');
    mkdirSync(owned);
    chownSync(owned, 4711, 4712);
    await restore({ file, path: owned, replace: false, onBytes: () => undefined });
    // And looking into it makes a lock file, which that server must be able to open.
    assert.equal((await run(`lmdb:${owned}`, 'stats')).code, 0);
    for (const name of ['data.mdb', 'lock.mdb']) {
      const { uid, gid } = statSync(join(owned, name));
      assert.deepEqual([uid, gid], [4711, 4712], name);
    }
    rmSync(owned, { recursive: true });
    assert.deepEqual(readdirSync(folder).sort(), ['again', 'data', 'fresh', 'sessions.backup']);
  });

  test('is a file, and goes through no pipe', async (t) => {
    const store = `lmdb:${join(temporaryFolder(t), 'data')}`;
    for (const command of ['backup', 'restore']) {
      const said = await run(store, command, '-');
      assert.deepEqual([said.code, said.stdout], [2, '']);
      assert.match(said.stderr, /a backup is a file and (goes|comes) through no pipe: name/);
    }
  });

  test('goes on when nobody reads its progress any more', { skip: process.platform === 'win32' }, async (t) => {
    const { folder, store } = await made(t);
    for (const words of [`backup '${join(folder, 'unread')}'`, 'doctor']) {
      // The reader of the pipe has ended when the command begins.
      const line = `{ sleep 0.2; '${process.execPath}' '${MAIN}' ${words}; echo "code $?" >&3; } 2>&1 1>/dev/null | true`;
      const { stdout } = spawnSync('bash', ['-c', `{ ${line}; } 3>&1`], {
        env: { PATH: process.env.PATH, RS_STORE: store },
        encoding: 'utf8',
      });
      assert.equal(stdout, 'code 0\n');
    }
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.startsWith('unread')),
      ['unread'],
    );
  });

  test('never takes the place of the store itself, nor of what is no regular file', {
    skip: process.platform !== 'linux',
  }, async (t) => {
    const { folder, store, file, client, tokens } = await made(t);
    const path = store.slice('lmdb:'.length);
    symlinkSync(path, join(folder, 'same'));
    for (const name of [join(path, 'data.mdb'), join(folder, 'same', 'data.mdb')]) {
      const { code, stderr } = await run(store, 'backup', name, '--replace');
      assert.deepEqual([code, /is a file of the store that is to be backed up/.test(stderr)], [1, true], stderr);
    }
    assert.equal((await client.send('GET', `/shop/get/${tokens[0]}`)).json.id, 'user0');
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    symlinkSync(join(folder, 'nothing'), join(folder, 'link'));
    for (const name of ['pipe', 'link', 'same']) {
      const { code, stderr } = await run(store, 'backup', join(folder, name), '--replace');
      assert.deepEqual([code, /is there already, and is no regular file/.test(stderr)], [1, true], stderr);
    }
    // Opening it would wait for a writer, where no signal but SIGKILL is heard.
    const pipe = spawnSync(process.execPath, [MAIN, 'restore', join(folder, 'pipe'), '--check'], {
      timeout: 60_000,
      killSignal: 'SIGKILL',
      encoding: 'utf8',
    });
    assert.deepEqual([pipe.status, /is no file/.test(pipe.stderr)], [1, true], pipe.stderr);
    assert.equal((await run(store, 'restore', file, '--check')).code, 0);
  });

  test('of another store than the embedded one is refused with a sentence', async (t) => {
    const folder = temporaryFolder(t);
    for (const command of ['backup', 'restore']) {
      const { code, stderr } = await run('redis://127.0.0.1:1', command, join(folder, 'x'));
      assert.deepEqual([code, /only the embedded store/.test(stderr)], [2, true], stderr);
      const memory = await run('memory:', command, join(folder, 'x'));
      assert.deepEqual([memory.code, /a store in memory/.test(memory.stderr)], [2, true], memory.stderr);
      const bare = await run(`lmdb:${folder}`, command);
      assert.deepEqual([bare.code, /needs one FILE, and there are 0/.test(bare.stderr)], [2, true], bare.stderr);
    }
    assert.deepEqual(readdirSync(folder), []);
  });
});

describe('restore of the embedded store', () => {
  test('refuses while a server runs on the folder, also one that has just been started', async (t) => {
    const { store, file, server, client, tokens } = await made(t);
    const refused = await run(store, 'restore', file, '--replace');
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, new RegExp(`is in use by process ${server.child.pid}: stop all servers`));
    assert.equal((await client.send('GET', `/shop/get/${tokens[0]}`)).json.id, 'user0');
    await server.end();
    assert.equal((await run(store, 'restore', file, '--replace')).code, 0);
  });

  test('keeps the store that was there, and asks to be told so', async (t) => {
    const { store, file, server, client, tokens } = await made(t);
    await client.send('DELETE', `/shop/kill/${tokens[0]}`);
    await server.end();
    const path = store.slice('lmdb:'.length);
    const before = readFileSync(join(path, 'data.mdb'));
    const refused = await run(store, 'restore', file);
    assert.match(refused.stderr, /there is a store in .+ already: name another folder, or say --replace/);
    assert.deepEqual(readFileSync(join(path, 'data.mdb')), before);
    const { moved } = JSON.parse((await run(store, 'restore', file, '--replace', '--json')).stdout);
    assert.deepEqual(readFileSync(moved), before);
    const again = await startServer(t, { RS_STORE: store });
    const other = new Client(again.url);
    t.after(() => other.close());
    // The one that ended after the backup is back: the command has said so.
    assert.equal((await other.send('GET', `/shop/get/${tokens[0]}`)).json.id, 'user0');
  });

  test('refuses what is torn, cut off, foreign or of a newer version, with a sentence, and makes nothing', async (t) => {
    const { folder, store, file, server } = await made(t);
    const whole = readFileSync(file);
    const seal = JSON.parse(whole.subarray(-4096).toString());
    const sealed = (facts: object) => {
      const block = Buffer.alloc(4096, ' ');
      block.write(`${JSON.stringify({ ...seal, ...facts })}\n`);
      return Buffer.concat([whole.subarray(0, -4096), block]);
    };
    const bad = join(folder, 'bad');
    const place = join(folder, 'place');
    const refused = async (content: Buffer | (() => void), why: RegExp) => {
      if (typeof content === 'function') content();
      else writeFileSync(bad, content);
      for (const args of [['--check'], []]) {
        const { code, stdout, stderr } = await run(`lmdb:${place}`, 'restore', bad, ...args);
        assert.deepEqual([code, stdout, why.test(stderr)], [1, '', true], `${why}: ${stderr}`);
        assert.ok(!stderr.includes('    at '), stderr);
      }
      assert.ok(!existsSync(place) || readdirSync(place).length === 0);
    };
    for (const length of [whole.length - 1, whole.length - 4096, 10_000]) {
      await refused(() => {
        copyFileSync(file, bad);
        truncateSync(bad, length);
      }, /is cut off, or was not made by rest-sessions backup/);
    }
    for (const at of [30, Math.floor(whole.length / 2), whole.length - 4097]) {
      const torn = Buffer.from(whole);
      torn[at] = torn[at]! ^ 1;
      await refused(torn, /is damaged: its content is not the one that was written/);
    }
    await refused(Buffer.concat([whole.subarray(0, 4096), whole]), /is damaged: it has \d+ bytes of data/);
    await refused(Buffer.from('hello'), /is no backup of rest-sessions/);
    await refused(Buffer.alloc(0), /is no backup of rest-sessions/);
    await refused(Buffer.alloc(100_000, 7), /is no backup of rest-sessions/);
    await refused(sealed({ form: 2 }), /is a backup of form 2, of a newer version/);
    const newer = seal.namespaces.map((one: object) => ({ ...one, format: KNOWN_FORMAT + 1 }));
    await refused(sealed({ namespaces: newer, madeBy: '9.9.9' }), /was made by a newer version \(9\.9\.9\)/);
    for (const facts of [
      { namespaces: null },
      { namespaces: [null] },
      { namespaces: [{ name: 'drs', format: '1', sessions: 1 }] },
      { madeAt: 'x' },
      { madeAt: 9e15 },
      { madeBy: undefined },
      { sha256: undefined },
    ]) {
      await refused(sealed(facts), /is damaged: its seal cannot be read/);
    }
    await refused(sealed({ bytes: 'x' }), /is damaged: it has \d+ bytes of data/);
    await server.end();
    await refused(readFileSync(join(store.slice('lmdb:'.length), 'data.mdb')), /has no seal at its end/);
    const missing = await run(`lmdb:${place}`, 'restore', join(folder, 'none'));
    assert.deepEqual([missing.code, /cannot be read: .+\(ENOENT\)/.test(missing.stderr)], [1, true], missing.stderr);
    assert.equal((await run(store, 'restore', folder)).code, 1);
    const both = await run(store, 'restore', file, '--check', '--replace');
    assert.deepEqual([both.code, /--check restores nothing/.test(both.stderr)], [2, true]);
  });

  test('on a full disk leaves what was there, and a backup makes no file', {
    skip: process.platform !== 'linux',
  }, async (t) => {
    const { folder, store, file, server } = await made(t);
    await server.end();
    const path = store.slice('lmdb:'.length);
    const before = readFileSync(join(path, 'data.mdb'));
    for (const [words, code, reason] of [
      [`restore '${file}' --replace`, 1, /\(EFBIG\)/],
      [`backup '${join(folder, 'new')}'`, 1, /cannot be backed up to .+ too large|\(EFBIG\)/i],
    ] as const) {
      const child = spawn('bash', ['-c', `ulimit -f 8; exec '${process.execPath}' '${MAIN}' ${words}`], {
        env: { PATH: process.env.PATH, RS_STORE: store },
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      let said = '';
      child.stderr.on('data', (chunk) => {
        said += chunk;
      });
      const [status] = await once(child, 'close');
      assert.deepEqual([status, reason.test(said)], [code, true], said);
    }
    assert.deepEqual(readFileSync(join(path, 'data.mdb')), before);
    assert.deepEqual(
      [...readdirSync(path), ...readdirSync(folder)].filter((name) => /restoring|partial|new/.test(name)),
      [],
    );
  });
});

describe('stats', () => {
  test('tells the sessions and subjects of each app, on the embedded store and on Redis, and changes nothing', async (t) => {
    const folder = temporaryFolder(t);
    const { port, admin } = await startRedis(t);
    const policy = join(temporaryFolder(t), 'policy.json');
    writeFileSync(policy, JSON.stringify({ apps: { shop: { events: true } } }));
    for (const store of [`lmdb:${folder}`, `redis://127.0.0.1:${port}`]) {
      const server = await startServer(t, { RS_STORE: store, RS_CONFIG: policy });
      const client = new Client(server.url);
      t.after(() => client.close());
      for (let i = 0; i < 12; i++) await client.create(i < 8 ? 'shop' : 'office', `user${i % 4}`);
      const keys = await admin.dbsize();
      const { code, stdout, stderr } = await run(store, 'stats', '--json');
      assert.equal(code, 0, stderr);
      assert.deepEqual(
        JSON.parse(stdout).apps.sort((a: { app: string }, b: { app: string }) => (a.app < b.app ? -1 : 1)),
        [
          { app: 'office', sessions: 4, subjects: 4 },
          { app: 'shop', sessions: 8, subjects: 4 },
        ],
      );
      assert.equal(await admin.dbsize(), keys);
      const [journal, ...others] = JSON.parse(stdout).journals;
      assert.deepEqual([journal.app, journal.events, journal.bytes > 300, others], ['shop', 8, true, []]);
      const text = await run(store, 'stats');
      assert.match(text.stdout, /^app +sessions +subjects$/m);
      assert.match(text.stdout, /^all +12 +8$/m);
      assert.match(text.stdout, /^journal +events +bytes$/m);
      assert.match(text.stdout, store.startsWith('lmdb') ? /file bytes: \d+/ : /memory used bytes: \d+/);
    }
  });

  test('of a store that is not there is exit 1 with a sentence, and none is made', async (t) => {
    const folder = temporaryFolder(t);
    const none = await run(`lmdb:${folder}`, 'stats');
    assert.deepEqual([none.code, /no store in /.test(none.stderr)], [1, true], none.stderr);
    const other = await run('redis://127.0.0.1:1', 'stats');
    assert.deepEqual([other.code, /cannot be read: .*127\.0\.0\.1:1/.test(other.stderr)], [1, true], other.stderr);
    assert.deepEqual(readdirSync(folder), []);
    const tables = new Tables(folder, 'drs').noted();
    await tables.close();
    const missing = await run(`lmdb:${folder}`, 'stats');
    assert.deepEqual([missing.code, /no sessions/.test(missing.stdout)], [0, true], missing.stderr);
  });
});
