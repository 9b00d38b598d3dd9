/**
 * Configuration from the environment: one table, from which come the checks, the defaults, `--help` and
 * docs/configuration.md. A bad value stops the start with a line that names the variable, the value and what is allowed.
 */

/** The configuration of one server, checked and complete. */
export interface Config {
  readonly port: number;
  readonly host: string;
  readonly store: string;
  readonly namespace: string;
  readonly logLevel: LogLevel;
  /** Whether each request makes a line in the log at level info. */
  readonly logRequests: boolean;
  /** Units: milliseconds. */
  readonly sweepInterval: number;
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
    allowed: 'lmdb:PATH or memory:',
    sentence:
      'Where sessions live. `lmdb:PATH` is the embedded store in a folder, relative to where the server is started; `memory:` forgets everything at the end.',
  },
  namespace: {
    name: 'RS_NAMESPACE',
    type: 'text',
    unit: '',
    default: 'drs',
    allowed: '1 to 32 characters of A-Z, a-z, 0-9, _ and -',
    sentence: 'Keeps apart what several installations store in one place.',
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

/** Variables that name what this version cannot do: refused rather than ignored. */
const NOT_YET = ['RS_REDISHOST', 'RS_REDISPORT'];

/** A value that the server cannot start with. The message is one line. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Reads the configuration. Errors: ConfigError. */
export function readConfig(environment: Environment): Config {
  for (const name of NOT_YET) {
    if (environment[name]) {
      throw new ConfigError(
        `${name} is set, but this version has no Redis store yet; unset it, or set RS_STORE to ${VARIABLES.store.allowed}`,
      );
    }
  }
  const read = <T>(variable: Variable, parse: (text: string) => T | undefined): T => {
    const text = environment[variable.name] || variable.default;
    const value = parse(text);
    if (value === undefined)
      throw new ConfigError(`${variable.name}=${quote(text)} is not allowed; it must be ${variable.allowed}`);
    return value;
  };
  const host = read(VARIABLES.host, (text) => (/^[A-Za-z0-9.:_-]{1,253}$/.test(text) ? text : undefined));
  const auth = read(VARIABLES.auth, (text) => (text === '' || text === 'none' ? text : undefined));
  if (!isLoopback(host) && auth !== 'none') {
    throw new ConfigError(
      `RS_HOST=${quote(host)} is not loopback, and there are no API keys in this version: whoever reaches the port could end every session; set RS_AUTH=none if only your own servers can reach it`,
    );
  }
  return Object.freeze({
    port: read(VARIABLES.port, (text) => number(text, /^\d{1,5}$/, 0, 65_535)),
    host,
    store: read(VARIABLES.store, (text) => (/^(?:lmdb:.+|memory:)$/s.test(text) ? text : undefined)),
    namespace: read(VARIABLES.namespace, (text) => (/^[A-Za-z0-9_-]{1,32}$/.test(text) ? text : undefined)),
    ...read(VARIABLES.logLevel, logging),
    sweepInterval: 1000 * read(VARIABLES.sweepInterval, (text) => number(text, /^\d{1,4}(?:\.\d{1,3})?$/, 1, 3600)),
  });
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
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}
