import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  ConfigError,
  readConfig,
  readForStore,
  readWithFaults,
  unknownVariables,
  VARIABLES,
  variablesLike,
} from '../src/config.ts';

test('without any variable the server is on loopback with the embedded store', () => {
  const { variable, ...config } = readConfig({ HOOK: 'x' });
  assert.deepEqual([variable('HOOK'), variable('NONE')], ['x', undefined]);
  assert.deepEqual(config, {
    port: 3000,
    host: '127.0.0.1',
    workers: 1,
    fastLane: true,
    keys: { file: null, list: null },
    allowedHosts: [],
    tls: null,
    rates: { key: null, app: null, misses: null, wrongKeys: { perSecond: 10, burst: 100 } },
    maxConcurrent: 1000,
    maxStreams: 10_000,
    store: 'lmdb:data',
    storeTimeout: 1000,
    redis: { wait: 0, tls: {} },
    namespace: 'drs',
    adopt: null,
    policyFile: null,
    eventsKeep: 259_200_000,
    eventsBytes: 268_435_456,
    webhookNetworks: [],
    metricsPort: null,
    console: null,
    logLevel: 'info',
    logRequests: false,
    auditLog: null,
    tracing: null,
    sweepInterval: 30_000,
  });
});

test('an empty variable counts as not set', () => {
  const empty = Object.fromEntries(Object.values(VARIABLES).map(({ name }) => [name, '']));
  const { variable: _, ...config } = readConfig(empty);
  const { variable: __, ...usual } = readConfig({});
  assert.deepEqual(config, usual);
});

test('a bad value is one line that names the variable, the value and what is allowed', () => {
  const bad: Record<string, string[]> = {
    RS_PORT: ['0x50', '-1', '65536', '80.5', ' 80', '3000abc', '99999999999999999999'],
    RS_HOST: ['a b', '1.1.1.1/24', 'x'.repeat(300), '\n'],
    RS_METRICS_PORT: ['-1', '65536', 'off', '9464 '],
    RS_CONSOLE: ['yes', '1', 'TRUE', 'on'],
    RS_CONSOLE_PORT: ['-1', '65536', 'off', '3100 '],
    RS_WORKERS: ['0', '-1', '65', '1.5', 'all', 'AUTO', '01'],
    RS_FAST_LANE: ['yes', 'true', 'on off'],
    RS_AUTH: ['yes', 'NONE'],
    RS_ALLOWED_HOSTS: ['a:80', 'http://a.example', '*', 'a..b', '[::1]', '-a.example', 'x'.repeat(300)],
    RS_TLS_CERT: ['/no/such/file'],
    RS_TLS_KEY: ['/no/such/file'],
    RS_TLS_CLIENT_CA: ['/no/such/file'],
    RS_RATE_KEY: ['0', '-1', '10/s', '1e3', '10:', ':10', '10:20:30', '1000001'],
    RS_RATE_APP: ['0', '10:0'],
    RS_RATE_MISSES: ['many'],
    RS_RATE_WRONG_KEYS: ['0', 'off'],
    RS_EVENTS_KEEP: ['0', '59', '72h', '31536001', '-1', '3600.5'],
    RS_EVENTS_BYTES: ['0', '65535', '1GB', '1e9', '1099511627777'],
    RS_WEBHOOK_NETWORKS: [
      ...['localhost', '10.0.0.0/33', '10.0.0.0/08', '10.0.0.0/8/8', '10.0.0/8', 'fd00::/129', 'fe80::1%eth0'],
      ...['10.0.0.0/8,', '10.0.0.0/8 127.0.0.1', '*', '10.0.0.0/', 'http://10.0.0.1', '10.0.0.1:80', '[::1]'],
    ],
    RS_MAX_CONCURRENT: ['0', 'all', '100001'],
    RS_MAX_STREAMS: ['-1', 'all', '100001'],
    RS_STORE: [
      ...['redis', 'redis:', 'redis://', 'lmdb:', 'lmdb', 'file:x', 'memory:x', 'http://127.0.0.1'],
      ...['redis://h:65536', 'redis+cluster://:1@h:1,i:99999', 'redis+sentinel://h:70000/main/0'],
      ...['redis://a b', 'redis://h:x', 'redis://h/one', 'redis://h,i', 'redis+sentinel://h', 'redis+cluster://h/1'],
      ...['redis://h:0', 'redis://:%zz@h', 'redis://h/-1', 'redis+cluster://h/-1', 'redis+sentinel://h/main/abc'],
    ],
    RS_ADOPT: [
      ...['redis', 'redis://', 'lmdb:data', 'memory:', 'http://h', 'redis://h:0', 'redis://h:65536', 'redis://h/one'],
      ...[
        'redis://h?namespace=',
        'redis://h?ns=rs',
        'redis://h?namespace=a&x=1',
        'redis://h?namespace=%zz',
        'redis://h#rs',
      ],
      ...['redis+cluster://h', 'redis+sentinel://h', 'redis://h,i', 'redis://h?namespace=a%20b', 'redis://:%zz@h'],
    ],
    RS_STORE_TIMEOUT: ['0', '49', '60001', '1e3', '-1'],
    RS_REDISHOST: ['a b', '\n', 'http://x'],
    RS_REDISPORT: ['0', '65536', 'x'],
    RS_REDIS_WAIT: ['-1', '17', 'all'],
    RS_REDIS_CA: ['/no/such/file'],
    RS_REDIS_CERT: ['/no/such/file'],
    RS_REDIS_KEY: ['/no/such/file'],
    RS_REDIS_SERVERNAME: ['a b'],
    RS_NAMESPACE: ['a:b', 'x'.repeat(33), '{x}'],
    RS_CONFIG: ['/no/such/file', '/'],
    RS_LOGLEVEL: ['verbose', 'INFO', 'silent'],
    RS_AUDIT_LOG: ['/', '/var/log/'],
    RS_SWEEP_INTERVAL: ['0', '-5', 'often', '1e2', '3601'],
  };
  assert.deepEqual(
    Object.keys(bad).sort(),
    Object.values(VARIABLES)
      .map(({ name }) => name)
      // What keys look like is not for the configuration to know: keys.test.ts.
      .filter((name) => !['RS_KEYS_FILE', 'RS_API_KEYS', 'RS_CONSOLE_USERS'].includes(name))
      .sort(),
  );
  for (const [name, values] of Object.entries(bad)) {
    for (const value of values) {
      const named = (error: unknown) =>
        error instanceof ConfigError &&
        error.message.startsWith(`${name}="`) &&
        error.message.includes('must be') &&
        /\((?:it is|it leads to) [a-z ]+\)/i.test(error.message) &&
        !error.message.includes('\n');
      assert.throws(() => readConfig({ [name]: value }), named, `${name}=${value}`);
    }
  }
});

test('a bad value is told with what kind of value it is', () => {
  const folder = fileURLToPath(new URL('.', import.meta.url));
  for (const [name, value, kind] of [
    ['RS_PORT', '70000', 'a whole number'],
    ['RS_PORT', '-1', 'a negative number'],
    ['RS_PORT', '1.5', 'a number in another form'],
    ['RS_PORT', '1e3', 'a number in another form'],
    ['RS_STORE_TIMEOUT', '5s', 'a number with a unit'],
    ['RS_PORT', ' 80', 'text with white space around it'],
    ['RS_PORT', 'http', 'text'],
    ['RS_MAX_CONCURRENT', 'https://h', 'a URL'],
    ['RS_LOGLEVEL', 'info,debug', 'a list'],
    ['RS_CONFIG', '/no/such/file', 'nothing'],
    ['RS_CONFIG', folder, 'a folder'],
  ] as const) {
    const told = new RegExp(
      `^ConfigError: ${name}=".*" is not allowed; it must be .* \\(it (?:is|leads to) ${kind}\\)$`,
    );
    assert.throws(() => readConfig({ [name]: value }), told);
  }
});

test('a name in small letters is a misspelling, too; one that only begins alike is told of with those it is like', () => {
  assert.throws(
    () => readConfig({ rs_port: '1' }),
    /^ConfigError: rs_port is not a variable of this server; did you mean RS_PORT\?$/,
  );
  assert.doesNotThrow(() => readConfig({ RS_AUDIT_FILE: 'x', RSPORT: '1', path: '' }));
  assert.deepEqual(unknownVariables({ RS_AUDIT_FILE: 'x', rs_x: '', RSPORT: '1' }).others, ['RS_AUDIT_FILE', 'rs_x']);
  assert.deepEqual(variablesLike('RS_AUDIT_FILE'), ['RS_AUDIT_LOG']);
  assert.deepEqual(variablesLike('RS_FOO'), []);
  // What the commands that ask a server read is in the shells of operators, who start servers there.
  const ofCommands = { RS_URL: 'http://127.0.0.1:3000', RS_KEY: 'x', RS_KEY_FILE: 'key' };
  assert.doesNotThrow(() => readConfig(ofCommands));
  assert.deepEqual(unknownVariables(ofCommands).others, ['RS_KEY_FILE'], 'it may be meant as RS_KEYS_FILE');
  assert.throws(() => readConfig({ RS_KEY_FILE: 'key' }), /did you mean RS_KEYS_FILE\?$/, 'it would be open');
  assert.doesNotThrow(() => readConfig({ RS_KEY_FILE: 'key', RS_AUTH: 'none' }));
});

test('any address but loopback is refused without API keys, unless authentication is switched off by name', () => {
  for (const host of ['127.0.0.1', '127.9.9.9', '::1', 'localhost'])
    assert.equal(readConfig({ RS_HOST: host }).host, host);
  for (const host of ['0.0.0.0', '::', '192.168.1.1', 'example.com', '127.0.0.1.example.com', '::ffff:127.0.0.1']) {
    assert.throws(() => readConfig({ RS_HOST: host }), /RS_KEYS_FILE.*RS_AUTH=none/);
    assert.equal(readConfig({ RS_HOST: host, RS_KEYS_FILE: 'keys.json' }).host, host);
    assert.equal(readConfig({ RS_HOST: host, RS_API_KEYS: 'x' }).host, host);
    assert.equal(readConfig({ RS_HOST: host, RS_AUTH: 'none' }).host, host);
  }
});

test('keys and RS_AUTH=none contradict each other', () => {
  assert.throws(() => readConfig({ RS_AUTH: 'none', RS_API_KEYS: 'x' }), /both set/);
  assert.throws(() => readConfig({ RS_AUTH: 'none', RS_KEYS_FILE: 'x' }), /both set/);
});

test('TLS takes a certificate and its key, or neither', () => {
  const file = fileURLToPath(import.meta.url);
  assert.throws(() => readConfig({ RS_TLS_CERT: file }), /RS_TLS_KEY is not set/);
  assert.throws(() => readConfig({ RS_TLS_KEY: file }), /RS_TLS_CERT is not set/);
  assert.throws(() => readConfig({ RS_TLS_CLIENT_CA: file }), /RS_TLS_CERT is not set/);
  assert.deepEqual(readConfig({ RS_TLS_CERT: file, RS_TLS_KEY: file }).tls, { cert: file, key: file, clientCa: null });
});

test('a rate is a number a second, and a burst that is the same unless it says otherwise', () => {
  const { rates } = readConfig({ RS_RATE_KEY: '100', RS_RATE_APP: '50:500' });
  const { wrongKeys, ...chosen } = rates;
  assert.deepEqual(chosen, { key: { perSecond: 100, burst: 100 }, app: { perSecond: 50, burst: 500 }, misses: null });
  assert.deepEqual(wrongKeys, { perSecond: 10, burst: 100 });
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

test('the metrics need a port of their own, and 0 is any', () => {
  for (const port of ['3000', '4000']) {
    const fault = new RegExp(`^RS_METRICS_PORT=${port} is the port of the sessions \\(RS_PORT\\), too`);
    assert.throws(() => readConfig({ RS_METRICS_PORT: port, RS_PORT: port }), { message: fault });
  }
  assert.throws(() => readConfig({ RS_METRICS_PORT: '3000' }), /RS_METRICS_PORT=3000 is the port/);
  assert.equal(readConfig({ RS_METRICS_PORT: '0', RS_PORT: '0' }).metricsPort, 0);
  assert.equal(readConfig({ RS_METRICS_PORT: '9464' }).metricsPort, 9464);
});

test('every form of a Redis URL is taken as it is', () => {
  for (const url of [
    'redis://127.0.0.1',
    'redis://[::1]:6379/0',
    'redis://:99999@h:65535',
    'rediss://user:p%40ss@redis.example.com:6380/3',
    'redis+sentinel://:secret@10.0.0.1:26379,10.0.0.2:26379/mymaster/1',
    'rediss+cluster://a:7000,b:7001',
    ...['redis://h/', 'redis+sentinel://h/main/', 'redis+cluster://h/', 'redis+cluster://h/0'],
  ]) {
    assert.equal(readConfig({ RS_STORE: url }).store, url);
  }
});

test('RS_REDISHOST and RS_REDISPORT each select Redis, as with the predecessor, but not beside RS_STORE', () => {
  assert.equal(readConfig({ RS_REDISHOST: 'cache' }).store, 'redis://cache:6379');
  assert.equal(readConfig({ RS_REDISPORT: '7000' }).store, 'redis://127.0.0.1:7000');
  assert.equal(readConfig({ RS_REDISHOST: '::1', RS_REDISPORT: '7000' }).store, 'redis://[::1]:7000');
  assert.throws(() => readConfig({ RS_REDISHOST: 'cache', RS_STORE: 'memory:' }), /both set/);
});

test('a client certificate and its key are set together', () => {
  const file = fileURLToPath(import.meta.url);
  assert.throws(() => readConfig({ RS_REDIS_CERT: file }), /RS_REDIS_KEY is not set/);
  const { tls } = readConfig({ RS_REDIS_CERT: file, RS_REDIS_KEY: file, RS_REDIS_SERVERNAME: 'redis' }).redis;
  assert.deepEqual(Object.keys(tls), ['cert', 'key', 'servername']);
});

test('no error shows the password of a store URL', () => {
  for (const url of [
    'redis://joe:s3cret@h:x',
    'redis://joe:s3cret@',
    'redis://joe:s3/cret@h',
    'rediss://s3cr@et@h/x',
  ]) {
    assert.throws(
      () => readConfig({ RS_STORE: url }),
      (error: Error) => !/joe|s3|cret/.test(error.message),
      url,
    );
  }
});

test('what is taken over from is a URL and a namespace, rs where none is named, and shows no password', () => {
  const read = (RS_ADOPT: string) => readConfig({ RS_ADOPT }).adopt;
  assert.deepEqual(read('redis://:secret@old:6380/2?namespace=my.app'), {
    url: 'redis://:secret@old:6380/2',
    namespace: 'my.app',
    shown: 'redis://…@old:6380/2, namespace my.app',
  });
  assert.equal(read('redis://old')!.namespace, 'rs');
  assert.equal(read('rediss://old/?namespace=a%3Ab')!.namespace, 'a:b');
  assert.equal(read('redis+sentinel://s1:26379,s2/main/1?namespace=rs')!.url, 'redis+sentinel://s1:26379,s2/main/1');
  assert.throws(
    () => read('redis://user:secret@old/x'),
    (error: Error) =>
      error instanceof ConfigError &&
      /^RS_ADOPT=.* is not allowed; it must be .* \(it is a URL\)/.test(error.message) &&
      !error.message.includes('secret'),
  );
});

test('networks are addresses and their prefixes, with white space around the commas', () => {
  const { webhookNetworks } = readConfig({ RS_WEBHOOK_NETWORKS: '10.0.0.0/8, fd00::/8,127.0.0.1 ,::1' });
  assert.deepEqual(webhookNetworks, [
    { address: '10.0.0.0', prefix: 8, family: 'ipv4' },
    { address: 'fd00::', prefix: 8, family: 'ipv6' },
    { address: '127.0.0.1', prefix: 32, family: 'ipv4' },
    { address: '::1', prefix: 128, family: 'ipv6' },
  ]);
});

test('the console is off unless it is switched on or has a port of its own', () => {
  assert.equal(readConfig({ RS_CONSOLE: 'false' }).console, null);
  assert.equal(readConfig({ RS_CONSOLE: 'true' }).console?.port, null);
  assert.equal(readConfig({ RS_CONSOLE_PORT: '0', RS_PORT: '0' }).console?.port, 0);
  assert.equal(readConfig({ RS_CONSOLE_PORT: '3100' }).console?.port, 3100);
  assert.throws(() => readConfig({ RS_CONSOLE_PORT: '3000' }), /^ConfigError: RS_CONSOLE_PORT=3000 is the port/);
  const secret = 'support:scrypt:15.8.1.salt.hash:*:read';
  const { console } = readConfig({ RS_CONSOLE: 'true', RS_CONSOLE_USERS: secret });
  assert.equal(console?.users(), secret);
  assert.doesNotMatch(JSON.stringify(console), /salt/);
});

const FAULTY = {
  RS_TLS_CERT: '/gone.pem',
  RS_TLS_KEY: '/gone.key',
  RS_HOST: '0.0.0.0',
  RS_CONFIG: '/gone',
  RS_WORKERS: 'many',
  RS_SWEEP_INTERVAL: 'often',
  RS_ADOPT: 'nowhere',
  RS_PROT: '1',
};

test('a command on the store needs of the configuration what is about the store, and nothing else', () => {
  const { store, namespace, tls, adopt } = readForStore({ ...FAULTY, RS_STORE: 'lmdb:x', RS_NAMESPACE: 'n' });
  assert.deepEqual([store, namespace, tls, adopt], ['lmdb:x', 'n', null, null]);
  assert.throws(() => readForStore({ RS_STORE: 'file:x' }), /^ConfigError: RS_STORE="file:x" is not allowed/);
  assert.throws(() => readForStore({ RS_STROE: 'lmdb:x' }), /did you mean RS_STORE\?$/);
  assert.throws(() => readForStore({ RS_REDISHOST: 'cache', RS_STORE: 'lmdb:x' }), /both set/);
  assert.throws(() => readForStore({ ...FAULTY, RS_STORE: 'lmdb:x' }, [VARIABLES.adopt]), /^ConfigError: RS_ADOPT=/);
});

test('who looks at a configuration has what is right of it, and each fault', () => {
  const file = new URL(import.meta.url).pathname;
  const { config, faults } = readWithFaults({ ...FAULTY, RS_STORE: 'lmdb:x', RS_MAX_STREAMS: '7', RS_AUDIT_LOG: file });
  assert.deepEqual(
    [config.store, config.maxStreams, config.auditLog, config.tls, config.workers, config.host, config.keys.file],
    ['lmdb:x', 7, file, null, 1, '0.0.0.0', null],
  );
  const named = Object.keys(FAULTY).map((name) => faults.some((fault) => fault.startsWith(name)));
  assert.deepEqual([new Set(named), faults.length], [new Set([true]), Object.keys(FAULTY).length], faults.join('\n'));
  assert.deepEqual(readWithFaults({ RS_STORE: 'lmdb:x' }).faults, []);
  assert.throws(() => readWithFaults({ RS_STORE: 'file:x' }), ConfigError);
});
