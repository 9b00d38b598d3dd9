/**
 * Configuration from the environment: one table, from which come the checks, the defaults, `--help` and
 * docs/configuration.md. A bad value stops the start with a line that names the variable, the value and what is allowed;
 * the password in a store URL is never part of it.
 */
import { readFileSync } from 'node:fs';

/** The configuration of one server, checked and complete. */
export interface Config {
  readonly port: number;
  readonly host: string;
  /** A URL. It may hold a password: shown only as `showUrl` gives it. */
  readonly store: string;
  /** How long a request waits for the store. Units: milliseconds. */
  readonly storeTimeout: number;
  readonly redis: RedisConfig;
  readonly namespace: string;
  /** Absence: null when every app lives under the default policy. */
  readonly policyFile: string | null;
  readonly logLevel: LogLevel;
  /** Whether each request makes a line in the log at level info. */
  readonly logRequests: boolean;
  /** Units: milliseconds. */
  readonly sweepInterval: number;
}

/** What a Redis URL cannot say. */
export interface RedisConfig {
  /** Replicas that must have a create, rotate or revoke before it is answered. */
  readonly wait: number;
  readonly tls: { readonly ca?: Buffer; readonly cert?: Buffer; readonly key?: Buffer; readonly servername?: string };
}

export type LogLevel = (typeof LOG_LEVELS)[number];

const LOG_LEVELS = ['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const;
const MORGAN_FORMATS = ['combined', 'common', 'dev', 'short', 'tiny'];

/** One environment variable. `sentence` is documentation; `allowed` ends the line about a bad value. */
export interface Variable {
  readonly name: string;
  readonly type: string;
  readonly unit: string;
  readonly default: string;
  readonly allowed: string;
  readonly sentence: string;
}

export const VARIABLES = {
  port: {
    name: 'RS_PORT',
    type: 'integer',
    unit: 'TCP port',
    default: '3000',
    allowed: 'a whole number from 0 to 65535',
    sentence: 'The port to listen on. 0 takes any free one; the start message names it.',
  },
  host: {
    name: 'RS_HOST',
    type: 'text',
    unit: 'IP address or host name',
    default: '127.0.0.1',
    allowed: 'an IP address or a host name',
    sentence: 'The address to listen on. Any other than loopback also needs RS_AUTH.',
  },
  auth: {
    name: 'RS_AUTH',
    type: 'text',
    unit: '',
    default: '',
    allowed: '"none", or not set',
    sentence:
      'Set it to "none" to serve an address other than loopback without authentication: whoever reaches the port can then read, change and end every session. API keys come in a later version.',
  },
  store: {
    name: 'RS_STORE',
    type: 'URL',
    unit: '',
    default: 'lmdb:data',
    allowed: 'lmdb:PATH, memory: or a URL of redis, redis+sentinel or redis+cluster (rediss for TLS)',
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
      'How many replicas must have a create, rotate or revoke before it is answered; with fewer it is answered 503, though the master has done it. 0: as durable as that Redis is.',
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
  policyFile: {
    name: 'RS_CONFIG',
    type: 'file',
    unit: 'JSON',
    default: '',
    allowed: 'a file that can be read',
    sentence:
      'The policy file: timeouts, caps and limits for each app, as told below. Read again on SIGHUP. Not set: the defaults for every app.',
  },
  logLevel: {
    name: 'RS_LOGLEVEL',
    type: 'text',
    unit: '',
    default: 'info',
    allowed: `none, a level (${LOG_LEVELS.slice(1).join(', ')}) or, for a line about each request, ${MORGAN_FORMATS.join(', ')}`,
    sentence:
      'How much is logged. A level logs events from that one on; a line about each request is of level debug. The names of morgan formats, which the predecessor used, are level info with a line about each request. Errors of the server are always logged, unless none.',
  },
  sweepInterval: {
    name: 'RS_SWEEP_INTERVAL',
    type: 'number',
    unit: 'seconds',
    default: '30',
    allowed: 'a number from 1 to 3600',
    sentence:
      'How often expired sessions are removed from the store. No answer depends on it: what has expired is gone at once for every reader.',
  },
} as const satisfies Record<string, Variable>;

/** A value that the server cannot start with. The message is one line. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Reads the configuration. Errors: ConfigError. */
export function readConfig(environment: Environment): Config {
  const read: Read = (variable, parse) => {
    const text = environment[variable.name] || variable.default;
    const value = parse(text);
    if (value === undefined)
      throw new ConfigError(`${variable.name}=${quote(text)} is not allowed; it must be ${variable.allowed}`);
    return value;
  };
  const host = read(VARIABLES.host, (text) => (HOST.test(text) ? text : undefined));
  const auth = read(VARIABLES.auth, (text) => (text === '' || text === 'none' ? text : undefined));
  if (!isLoopback(host) && auth !== 'none') {
    throw new ConfigError(
      `RS_HOST=${quote(host)} is not loopback, and there are no API keys in this version: whoever reaches the port could end every session; set RS_AUTH=none if only your own servers can reach it`,
    );
  }
  return Object.freeze({
    port: read(VARIABLES.port, (text) => number(text, /^\d{1,5}$/, 0, 65_535)),
    host,
    store: storeUrl(environment, read),
    storeTimeout: read(VARIABLES.storeTimeout, (text) => number(text, /^\d{1,5}$/, 50, 60_000)),
    redis: Object.freeze({
      wait: read(VARIABLES.redisWait, (text) => number(text, /^\d{1,2}$/, 0, 16)),
      tls: tlsFiles(read),
    }),
    namespace: read(VARIABLES.namespace, (text) => (/^[A-Za-z0-9_-]{1,32}$/.test(text) ? text : undefined)),
    policyFile: read(VARIABLES.policyFile, (path) => (path === '' || contentsOf(path) ? path : undefined)) || null,
    ...read(VARIABLES.logLevel, logging),
    sweepInterval: 1000 * read(VARIABLES.sweepInterval, (text) => number(text, /^\d{1,4}(?:\.\d{1,3})?$/, 1, 3600)),
  });
}

/** Gives a store URL without user and password: for the start message, logs and errors. */
export function showUrl(url: string): string {
  return url.replace(/\/\/.*@/s, '//…@');
}

type Read = <T>(variable: Variable, parse: (text: string) => T | undefined) => T;

const HOST = /^[A-Za-z0-9.:_-]{1,253}$/;
const NODE = String.raw`(?:\[[0-9a-fA-F:]+\]|[A-Za-z0-9._-]+)(?::\d{1,5})?`;
const LOGIN = '(?:[^@/\\s]*@)?';
/** The forms of a store URL. */
const STORES = [
  /^lmdb:.+$/s,
  /^memory:$/,
  new RegExp(`^rediss?://${LOGIN}${NODE}(?:/\\d{0,4})?$`),
  new RegExp(`^rediss?\\+cluster://${LOGIN}${NODE}(?:,${NODE})*/?$`),
  new RegExp(`^rediss?\\+sentinel://${LOGIN}${NODE}(?:,${NODE})*/[A-Za-z0-9._-]+(?:/\\d{0,4})?$`),
];

function storeUrl(environment: Environment, read: Read): string {
  const host = read(VARIABLES.redisHost, (text) => (text === '' || HOST.test(text) ? text : undefined));
  const port = read(VARIABLES.redisPort, (text) => (text === '' ? 0 : number(text, /^\d{1,5}$/, 1, 65_535)));
  const url = read(VARIABLES.store, (text) => (STORES.some((form) => form.test(text)) ? text : undefined));
  if (host === '' && port === 0) return url;
  if (environment[VARIABLES.store.name]) {
    throw new ConfigError(
      'RS_STORE and RS_REDISHOST or RS_REDISPORT are both set; only one can say where sessions live',
    );
  }
  return `redis://${host.includes(':') ? `[${host}]` : host || '127.0.0.1'}:${port || 6379}`;
}

function tlsFiles(read: Read): RedisConfig['tls'] {
  const file = (variable: Variable): Buffer | null => read(variable, (path) => (path === '' ? null : contentsOf(path)));
  const [ca, cert, key] = [file(VARIABLES.redisCa), file(VARIABLES.redisCert), file(VARIABLES.redisKey)];
  if ((cert === null) !== (key === null)) {
    const missing = cert === null ? VARIABLES.redisCert : VARIABLES.redisKey;
    throw new ConfigError(`${missing.name} is not set, but RS_REDIS_CERT and RS_REDIS_KEY only work together`);
  }
  const servername = read(VARIABLES.redisServername, (text) => (text === '' || HOST.test(text) ? text : undefined));
  return Object.freeze({
    ...(ca && { ca }),
    ...(cert && { cert }),
    ...(key && { key }),
    ...(servername && { servername }),
  });
}

function contentsOf(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}

/** Writes the table as Markdown: docs/configuration.md. */
export function configurationTable(): string {
  const rows = Object.values(VARIABLES).map((v: Variable) => {
    const type = v.unit === '' ? v.type : `${v.type} (${v.unit})`;
    return `| \`${v.name}\` | ${type} | ${v.default === '' ? 'not set' : `\`${v.default}\``} | ${v.sentence} Allowed: ${v.allowed}. |`;
  });
  return ['| variable | type | default | meaning |', '|---|---|---|---|', ...rows].join('\n');
}

function logging(text: string): { logLevel: LogLevel; logRequests: boolean } | undefined {
  if (text === 'none') return { logLevel: 'silent', logRequests: false };
  if (MORGAN_FORMATS.includes(text)) return { logLevel: 'info', logRequests: true };
  const level = LOG_LEVELS.slice(1).find((known) => known === text);
  return level && { logLevel: level, logRequests: level === 'debug' || level === 'trace' };
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);
}

function number(text: string, form: RegExp, min: number, max: number): number | undefined {
  const value = form.test(text) ? Number(text) : Number.NaN;
  return value >= min && value <= max ? value : undefined;
}

/** Values go into one line of the terminal: shown as JSON, and not at any length. */
function quote(text: string): string {
  const shown = showUrl(text);
  return JSON.stringify(shown.length > 80 ? `${shown.slice(0, 80)}…` : shown);
}
