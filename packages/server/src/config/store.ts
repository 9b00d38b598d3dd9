/** Where sessions are kept: the forms of a store URL, and what a URL cannot say about Redis. */
import { ConfigError, contentsOf, type Environment, HOST, number, type Read, type Variable } from './variable.ts';

/** What a Redis URL cannot say. */
export interface RedisConfig {
  /** Replicas that must have a create, rotate or revoke before it is answered. */
  readonly wait: number;
  readonly tls: { readonly ca?: Buffer; readonly cert?: Buffer; readonly key?: Buffer; readonly servername?: string };
}

export const STORE_VARIABLES = {
  store: {
    name: 'RS_STORE',
    type: 'URL',
    unit: '',
    default: 'lmdb:data',
    allowed:
      'lmdb:PATH, memory: or a URL of redis, redis+sentinel or redis+cluster (rediss for TLS), DB a number, 0 for a Cluster',
    sentence:
      'Where sessions live. `lmdb:PATH` is the embedded store in a folder, relative to where the server is started; `memory:` forgets everything at the end; the others are Redis (6.2 or later) or Valkey (7.2 or later): one server (`redis://[USER:PASSWORD@]HOST:PORT/DB`), the master that Sentinels watch (`redis+sentinel://HOST:PORT,HOST:PORT/NAME/DB`) or a Cluster (`redis+cluster://HOST:PORT,HOST:PORT`). Special characters of a password are percent-encoded.',
  },
  storeTimeout: {
    name: 'RS_STORE_TIMEOUT',
    type: 'integer',
    unit: 'milliseconds',
    default: '1000',
    allowed: 'a whole number from 50 to 60000',
    sentence:
      'How long a request waits for Redis. After that it is answered 503, and what it asked for is not done later.',
  },
  redisHost: {
    name: 'RS_REDISHOST',
    type: 'text',
    unit: 'IP address or host name',
    default: '',
    allowed: 'an IP address or a host name',
    sentence: 'The predecessor’s way to say RS_STORE=redis://HOST:6379. Not together with RS_STORE.',
  },
  redisPort: {
    name: 'RS_REDISPORT',
    type: 'integer',
    unit: 'TCP port',
    default: '',
    allowed: 'a whole number from 1 to 65535',
    sentence: 'The port to RS_REDISHOST, or of Redis on this machine. Not together with RS_STORE.',
  },
  redisWait: {
    name: 'RS_REDIS_WAIT',
    type: 'integer',
    unit: 'replicas',
    default: '0',
    allowed: 'a whole number from 0 to 16',
    sentence:
      'How many replicas must have a create, rotate, revoke, or update that is told (`updateEvents`), before it is answered; with fewer it is answered 503, though the master has done it. 0: as durable as that Redis is.',
  },
  redisCa: {
    name: 'RS_REDIS_CA',
    type: 'file',
    unit: 'PEM',
    default: '',
    allowed: 'a file that can be read',
    sentence: 'The certificates that the certificate of Redis must come from. Not set: those that Node trusts.',
  },
  redisCert: {
    name: 'RS_REDIS_CERT',
    type: 'file',
    unit: 'PEM',
    default: '',
    allowed: 'a file that can be read',
    sentence: 'The certificate this server shows to Redis. Together with RS_REDIS_KEY.',
  },
  redisKey: {
    name: 'RS_REDIS_KEY',
    type: 'file',
    unit: 'PEM',
    default: '',
    allowed: 'a file that can be read',
    sentence: 'The key to RS_REDIS_CERT.',
  },
  redisServername: {
    name: 'RS_REDIS_SERVERNAME',
    type: 'text',
    unit: 'host name',
    default: '',
    allowed: 'a host name',
    sentence: 'The name that the certificate of Redis must be for, when it is not the host of RS_STORE.',
  },
  namespace: {
    name: 'RS_NAMESPACE',
    type: 'text',
    unit: '',
    default: 'drs',
    allowed: '1 to 32 characters of A-Z, a-z, 0-9, _ and -',
    sentence: 'Keeps apart what several installations store in one place.',
  },
  sweepInterval: {
    name: 'RS_SWEEP_INTERVAL',
    type: 'number',
    unit: 'seconds',
    default: '30',
    allowed: 'a number from 1 to 3600',
    sentence:
      'How often expired sessions are removed from the store. No answer depends on it: what has expired is gone at once for every reader. Events tell of it so much later, and a second.',
  },
} as const satisfies Record<string, Variable>;

/** The part of the configuration that is about the store. */
export interface StoreConfig {
  /** A URL. It may hold a password: shown only as `showUrl` gives it. */
  readonly store: string;
  /** How long a request waits for the store. Units: milliseconds. */
  readonly storeTimeout: number;
  readonly redis: RedisConfig;
  readonly namespace: string;
  /** Units: milliseconds. */
  readonly sweepInterval: number;
}

/** Reads it. Errors: ConfigError. */
export function readStore(environment: Environment, read: Read): StoreConfig {
  return {
    store: storeUrl(environment, read),
    storeTimeout: read(STORE_VARIABLES.storeTimeout, (text) => number(text, /^\d{1,5}$/, 50, 60_000)),
    redis: Object.freeze({
      wait: read(STORE_VARIABLES.redisWait, (text) => number(text, /^\d{1,2}$/, 0, 16)),
      tls: tlsFiles(read),
    }),
    namespace: read(STORE_VARIABLES.namespace, (text) => (/^[A-Za-z0-9_-]{1,32}$/.test(text) ? text : undefined)),
    sweepInterval:
      1000 * read(STORE_VARIABLES.sweepInterval, (text) => number(text, /^\d{1,4}(?:\.\d{1,3})?$/, 1, 3600)),
  };
}

const NODE = String.raw`(?:\[[0-9a-fA-F:]+\]|[A-Za-z0-9._-]+)(?::\d{1,5})?`;
const LOGIN = '(?:[^@/\\s]*@)?';
/** The forms of a store URL. */
const STORES = [
  /^lmdb:.+$/s,
  /^memory:$/,
  new RegExp(`^rediss?://${LOGIN}${NODE}(?:/\\d{0,4})?$`),
  new RegExp(`^rediss?\\+cluster://${LOGIN}${NODE}(?:,${NODE})*(?:/0?)?$`),
  new RegExp(`^rediss?\\+sentinel://${LOGIN}${NODE}(?:,${NODE})*/[A-Za-z0-9._-]+(?:/\\d{0,4})?$`),
];

function storeUrl(environment: Environment, read: Read): string {
  const host = read(STORE_VARIABLES.redisHost, (text) => (text === '' || HOST.test(text) ? text : undefined));
  const port = read(STORE_VARIABLES.redisPort, (text) => (text === '' ? 0 : number(text, /^\d{1,5}$/, 1, 65_535)));
  const url = read(STORE_VARIABLES.store, (text) => (isStoreUrl(text) ? text : undefined));
  if (host === '' && port === 0) return url;
  if (environment[STORE_VARIABLES.store.name]) {
    throw new ConfigError(
      'RS_STORE and RS_REDISHOST or RS_REDISPORT are both set; only one can say where sessions live',
    );
  }
  return `redis://${host.includes(':') ? `[${host}]` : host || '127.0.0.1'}:${port || 6379}`;
}

function isStoreUrl(text: string): boolean {
  if (!STORES.some((form) => form.test(text))) return false;
  if (text.startsWith('lmdb:')) return true;
  const [nodes = ''] = text.replace(/^.*(?:@|\/\/)/, '').split('/');
  const ports = nodes.split(',').map((node) => Number(/:(\d+)$/.exec(node)?.[1] ?? 1));
  return ports.every((port) => port >= 1 && port <= 65_535) && canDecode(text);
}

/** Tells whether each % of a text begins the code of a character. */
function canDecode(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

function tlsFiles(read: Read): RedisConfig['tls'] {
  const file = (variable: Variable): Buffer | null => read(variable, (path) => (path === '' ? null : contentsOf(path)));
  const [ca, cert, key] = [
    file(STORE_VARIABLES.redisCa),
    file(STORE_VARIABLES.redisCert),
    file(STORE_VARIABLES.redisKey),
  ];
  if ((cert === null) !== (key === null)) {
    const missing = cert === null ? STORE_VARIABLES.redisCert : STORE_VARIABLES.redisKey;
    throw new ConfigError(`${missing.name} is not set, but RS_REDIS_CERT and RS_REDIS_KEY only work together`);
  }
  const servername = read(STORE_VARIABLES.redisServername, (text) =>
    text === '' || HOST.test(text) ? text : undefined,
  );
  return Object.freeze({
    ...(ca && { ca }),
    ...(cert && { cert }),
    ...(key && { key }),
    ...(servername && { servername }),
  });
}
