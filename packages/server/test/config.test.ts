import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigError, readConfig, VARIABLES } from '../src/config.ts';

test('without any variable the server is on loopback with the embedded store', () => {
  assert.deepEqual(readConfig({}), {
    port: 3000,
    host: '127.0.0.1',
    store: 'lmdb:data',
    namespace: 'drs',
    logLevel: 'info',
    logRequests: false,
    sweepInterval: 30_000,
  });
});

test('an empty variable counts as not set', () => {
  const empty = Object.fromEntries(Object.values(VARIABLES).map(({ name }) => [name, '']));
  assert.deepEqual(readConfig(empty), readConfig({}));
});

test('a bad value is one line that names the variable, the value and what is allowed', () => {
  const bad: Record<string, string[]> = {
    RS_PORT: ['0x50', '-1', '65536', '80.5', ' 80', '3000abc', '99999999999999999999'],
    RS_HOST: ['a b', '1.1.1.1/24', 'x'.repeat(300), '\n'],
    RS_AUTH: ['yes', 'NONE'],
    RS_STORE: ['redis', 'lmdb:', 'lmdb', 'file:x', 'memory:x'],
    RS_NAMESPACE: ['a:b', 'x'.repeat(33), '{x}'],
    RS_LOGLEVEL: ['verbose', 'INFO', 'silent'],
    RS_SWEEP_INTERVAL: ['0', '-5', 'often', '1e2', '3601'],
  };
  assert.deepEqual(
    Object.keys(bad).sort(),
    Object.values(VARIABLES)
      .map(({ name }) => name)
      .sort(),
  );
  for (const [name, values] of Object.entries(bad)) {
    for (const value of values) {
      const named = (error: unknown) =>
        error instanceof ConfigError &&
        error.message.startsWith(`${name}="`) &&
        error.message.includes('must be') &&
        !error.message.includes('\n');
      assert.throws(() => readConfig({ [name]: value }), named, `${name}=${value}`);
    }
  }
});

test('any address but loopback is refused unless authentication is switched off by name', () => {
  for (const host of ['127.0.0.1', '127.9.9.9', '::1', 'localhost'])
    assert.equal(readConfig({ RS_HOST: host }).host, host);
  for (const host of ['0.0.0.0', '::', '192.168.1.1', 'example.com', '127.0.0.1.example.com', '::ffff:127.0.0.1']) {
    assert.throws(() => readConfig({ RS_HOST: host }), /RS_AUTH=none/);
    assert.equal(readConfig({ RS_HOST: host, RS_AUTH: 'none' }).host, host);
  }
});

test('a log level is a threshold; a morgan format and debug also log each request', () => {
  const logging = (RS_LOGLEVEL: string) => {
    const { logLevel, logRequests } = readConfig({ RS_LOGLEVEL });
    return [logLevel, logRequests];
  };
  assert.deepEqual(logging('none'), ['silent', false]);
  assert.deepEqual(logging('error'), ['error', false]);
  assert.deepEqual(logging('debug'), ['debug', true]);
  for (const format of ['dev', 'combined', 'tiny', 'short', 'common'])
    assert.deepEqual(logging(format), ['info', true]);
});

test('a variable for what this version cannot do is refused, not ignored', () => {
  assert.throws(() => readConfig({ RS_REDISHOST: 'localhost' }), /RS_REDISHOST/);
});
