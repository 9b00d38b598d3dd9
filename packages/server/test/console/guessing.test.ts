/** Guessing of logins: limited for each network and each name before anything is hashed, and the same for names that nobody has. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { Sessions } from '../../src/core/sessions.ts';
import { newKey } from '../../src/keys/format.ts';
import { hashPassword, PasswordCheck, readPasswordHash, TooManyChecks } from '../../src/keys/password.ts';
import { parseUsers } from '../../src/keys/users.ts';
import { RateLimiter } from '../../src/limits/rate-limiter.ts';
import { ConsoleSessions } from '../../src/logins/console-sessions.ts';
import { Logins } from '../../src/logins/logins.ts';
import { People } from '../../src/logins/people.ts';
import { CONSOLE_POLICY } from '../../src/logins/policy.ts';
import { MemoryStore } from '../../src/stores/memory/memory-store.ts';
import { temporaryFolder } from '../support/server.ts';
import { outcome, PASSWORD, startDesk, testKey, user } from './kit.ts';

const NOW = 1_800_000_000_000;

/** Logins whose hashing is counted. `rate`: of tries. */
function countedLogins(rate = { perSecond: 1 / 60, burst: 5 }) {
  let derived = 0;
  const passwords = new PasswordCheck(async () => {
    derived++;
    return Buffer.alloc(32);
  });
  const store = new MemoryStore({ clock: () => NOW });
  const logins = new Logins({
    people: new People(null, parseUsers(`${user('anna')} ${user('old', '*', 'read', ':2020-01-01')}`)),
    sessions: new ConsoleSessions(new Sessions(store, () => CONSOLE_POLICY)),
    passwords,
    limits: { address: new RateLimiter({ ...rate, burst: rate.burst * 2 }), name: new RateLimiter(rate) },
    wrongKeys: null,
    onExpired: () => {},
  });
  const guess = (name: string, address: string, now = NOW) =>
    logins.login(
      { way: 'password', name, password: 'a wrong password' },
      { address, certificates: [], requestId: 'x' },
      'host',
      now,
    );
  return { guess, derived: () => derived };
}

describe('a password', () => {
  test('costs one hash, whether there is such a name, it has expired, or not', async () => {
    for (const name of ['anna', 'old', 'nobody']) {
      const { guess, derived } = countedLogins();
      assert.deepEqual(await guess(name, '192.0.2.1'), { kind: 'refused', name: name === 'nobody' ? null : name });
      assert.equal(derived(), 1, name);
    }
  });

  test('is tried only so often for a name, wherever the tries come from, and nothing is hashed beyond', async () => {
    for (const name of ['anna', 'nobody']) {
      const { guess, derived } = countedLogins();
      for (let i = 0; i < 5; i++) assert.equal((await guess(name, `192.0.2.${i}`)).kind, 'refused');
      const limited = await guess(name, '198.51.100.7');
      assert.deepEqual([limited.kind, limited.kind === 'limited' && limited.wait], ['limited', 60_000]);
      assert.equal(derived(), 5);
      assert.equal((await guess(name, '198.51.100.7', NOW + 60_000)).kind, 'refused', 'later it may be tried again');
    }
  });

  test('is tried only so often from a network, whatever the names', async () => {
    const { guess, derived } = countedLogins();
    for (let i = 0; i < 10; i++) assert.equal((await guess(`name${i}`, `2001:db8:1:2::${i}`)).kind, 'refused');
    assert.equal((await guess('anna', '2001:db8:1:2:ffff::1')).kind, 'limited');
    assert.equal((await guess('anna', '2001:db8:1:3::1')).kind, 'refused', 'another network');
    assert.equal(derived(), 11);
  });

  test('is hashed one after the other, and only so many wait', async () => {
    let running = 0;
    let most = 0;
    const release: (() => void)[] = [];
    const check = new PasswordCheck(async () => {
      most = Math.max(most, ++running);
      await new Promise<void>((resolve) => release.push(resolve));
      running--;
      return Buffer.alloc(32);
    });
    const hash = readPasswordHash(hashPassword(PASSWORD).replace('scrypt:', ''))!;
    const checks = Array.from({ length: 33 }, () => check.matches('x', hash).catch((error: Error) => error));
    assert.ok((await checks[32]) instanceof TooManyChecks);
    for (let i = 0; i < 32; i++) {
      while (release.length === 0) await new Promise((resolve) => setImmediate(resolve));
      release.pop()!();
      await checks[i];
    }
    assert.equal(most, 1);
  });

  test('that fails to be hashed holds nobody up', async () => {
    let fails = true;
    const check = new PasswordCheck(async () => {
      if (fails) throw new Error('no memory');
      return Buffer.alloc(32, 1);
    });
    const hash = { ...readPasswordHash(hashPassword(PASSWORD).replace('scrypt:', ''))!, hash: Buffer.alloc(32, 1) };
    await assert.rejects(check.matches('x', hash), /no memory/);
    fails = false;
    assert.equal(await check.matches('x', hash), true);
  });

  test('is the same in each way that keyboards write it, and another with other letters', async () => {
    const check = new PasswordCheck();
    const hash = readPasswordHash(hashPassword('Zwölf Zeichen é').replace('scrypt:', ''))!;
    assert.equal(await check.matches('Zwölf Zeichen é'.normalize('NFD'), hash), true);
    assert.equal(await check.matches('zwölf Zeichen é', hash), false);
  });

  test('hash is taken only in the form and with the costs that create-user writes', () => {
    const [, settings, salt, hash] = /^scrypt:(.*)\.([^.]+)\.([^.]+)$/.exec(hashPassword(PASSWORD))!;
    assert.equal(settings, '15.8.1');
    for (const text of [
      `10.8.1.${salt}.${hash}`,
      `20.8.1.${salt}.${hash}`,
      `15.8.9.${salt}.${hash}`,
      `15.8.1.${salt}`,
      `15.8.1..${hash}`,
      `15.8.1.${salt}.${hash}.`,
      '',
    ]) {
      assert.equal(readPasswordHash(text), null, text);
    }
  });
});

describe('on a server', () => {
  test('tries are 429 with Retry-After, right ones for the name too; a key still logs in, and other requests are served', async (t) => {
    const key = testKey('support', ['read']);
    const audit = join(temporaryFolder(t), 'audit.log');
    const desk = await startDesk(t, [key], { RS_CONSOLE_USERS: `${user('anna')} ${user('ben')}`, RS_AUDIT_LOG: audit });
    const statuses: number[] = [];
    const visitor = desk.visitor();
    for (let i = 0; i < 12; i++) {
      const answer = await visitor.post('/console/login', { name: 'anna', password: 'a wrong password' });
      statuses.push(answer.status);
    }
    assert.deepEqual(statuses, [...Array(10).fill(401), 429, 429]);
    const limited = await visitor.post('/console/login', { name: 'anna', password: PASSWORD });
    assert.deepEqual(outcome(limited), [429, 'rate_limited']);
    assert.ok(Number(limited.headers['retry-after']) >= 1);
    await visitor.login({ key: key.key });
    await desk.visitor().login({ name: 'ben', password: PASSWORD });
    const lines = readFileSync(audit, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const refused = lines.filter(({ act, outcome }) => act === 'console.login' && outcome === 'refused');
    assert.equal(refused.length, 13);
    for (const { key, address, via, code } of refused) {
      assert.deepEqual([key, address, via], ['anna', '127.0.0.1', 'console']);
      assert.ok(['unauthorized', 'rate_limited'].includes(code));
    }
    const done = lines.filter(({ act, outcome }) => act === 'console.login' && outcome === 'done');
    assert.deepEqual(
      done.map(({ key }) => key),
      ['support', 'ben'],
    );
  });

  test('workers count tries together, and wrong keys with those of all routes', async (t) => {
    const key = testKey('support', ['read']);
    const env = { RS_STORE: `lmdb:${temporaryFolder(t)}`, RS_WORKERS: '2', RS_CONSOLE_USERS: user('anna') };
    const desk = await startDesk(t, [key], { ...env, RS_RATE_WRONG_KEYS: '1:20' });
    let wrong = 0;
    for (let i = 0; i < 40 && wrong < 30; i++) {
      const { status } = await desk.visitor().post('/console/login', { key: newKey() });
      if (status === 429) break;
      assert.equal(status, 401);
      wrong++;
    }
    assert.ok(wrong >= 20 && wrong < 30, `${wrong} wrong keys`);
    await desk.visitor().login({ key: key.key });
    let tries = 0;
    for (let i = 0; i < 30; i++) {
      const { status } = await desk.visitor().post('/console/login', { name: 'anna', password: 'a wrong password' });
      if (status === 429) break;
      tries++;
    }
    assert.ok(tries >= 10 && tries < 16, `${tries} tries`);
  });
});
