/**
 * Configuration from the environment: one table, from which come the checks, the defaults, `--help` and
 * docs/configuration.md. The variables and how each is read lie in config/, by subject.
 */
import { ACCESS_VARIABLES, type AccessConfig, readAccess } from './config/access.ts';
import { ADOPT_VARIABLES, type AdoptConfig, readAdopt } from './config/adopt.ts';
import { CONSOLE_VARIABLES, type ConsoleConfig, readConsole } from './config/console.ts';
import { EVENT_VARIABLES, type EventsConfig, readEvents } from './config/events.ts';
import { LIMIT_VARIABLES, type LimitsConfig, readLimits } from './config/limits.ts';
import { LISTENING_VARIABLES, readFastLane, readListening } from './config/listening.ts';
import { LOG_VARIABLES, type LogLevel, logging, readAuditLog } from './config/logging.ts';
import { METRICS_VARIABLES, readMetricsPort } from './config/metrics.ts';
import { alike, isOfKubernetes, nearest } from './config/names.ts';
import { POLICY_VARIABLES, readPolicyFile } from './config/policy.ts';
import { readStore, STORE_VARIABLES, type StoreConfig } from './config/store.ts';
import { readTls, TLS_VARIABLES, type TlsConfig } from './config/tls.ts';
import { readTracing, type TracingConfig } from './config/tracing.ts';
import { ConfigError, type Environment, Reader, type Variable } from './config/variable.ts';
import { readWorkers, WORKER_VARIABLES } from './config/workers.ts';

export { openNote } from './config/access.ts';
export type { AdoptConfig } from './config/adopt.ts';
export type { ConsoleConfig } from './config/console.ts';
export type { Network } from './config/events.ts';
export type { RateConfig } from './config/limits.ts';
export type { LogLevel } from './config/logging.ts';
export { nearest } from './config/names.ts';
export type { RedisConfig } from './config/store.ts';
export type { TlsConfig } from './config/tls.ts';
export type { TracingConfig } from './config/tracing.ts';
export { ConfigError, showUrl, type Variable } from './config/variable.ts';

/** The configuration of one server, checked and complete. */
export interface Config extends AccessConfig, LimitsConfig, StoreConfig, EventsConfig {
  readonly port: number;
  readonly host: string;
  /** How many processes answer on the port. */
  readonly workers: number;
  /** Whether plain reads take the fast lane (http/hot). */
  readonly fastLane: boolean;
  /** Absence: null when the server speaks plain HTTP. */
  readonly tls: TlsConfig | null;
  /** Absence: null when no sessions are taken over from redis-sessions. */
  readonly adopt: AdoptConfig | null;
  /** Absence: null when every app lives under the default policy. */
  readonly policyFile: string | null;
  /** Gives a variable that the policy file names as the place of a secret. Absence: undefined. A function, so that nothing prints it. */
  readonly variable: (name: string) => string | undefined;
  /** The port of the metrics. Absence: null when they are on the port of the sessions. */
  readonly metricsPort: number | null;
  /** Absence: null when there is no console. */
  readonly console: ConsoleConfig | null;
  readonly logLevel: LogLevel;
  /** Whether each request makes a line in the log at level info. */
  readonly logRequests: boolean;
  /** `stderr`, or the path of a file. Absence: null when there is no audit log. */
  readonly auditLog: string | null;
  /** Absence: null when nothing is traced. */
  readonly tracing: TracingConfig | null;
}

export const VARIABLES = {
  ...LISTENING_VARIABLES,
  ...WORKER_VARIABLES,
  ...ACCESS_VARIABLES,
  ...TLS_VARIABLES,
  ...LIMIT_VARIABLES,
  ...STORE_VARIABLES,
  ...ADOPT_VARIABLES,
  ...POLICY_VARIABLES,
  ...EVENT_VARIABLES,
  ...METRICS_VARIABLES,
  ...CONSOLE_VARIABLES,
  ...LOG_VARIABLES,
} as const;

/** Reads the configuration. Errors: ConfigError, a line for each fault. */
export function readConfig(environment: Environment): Config {
  const { parts, faults } = readParts(environment);
  if (faults.length > 0) throw new ConfigError(faults.join('\n'));
  return Object.freeze(parts as Config);
}

/**
 * Reads the configuration for who looks at it and starts no server. What has a fault is as when it is not set; `faults`: a line for each,
 * empty for none. Of the store nothing is assumed. Errors: ConfigError, for faults of the store.
 */
export function readWithFaults(environment: Environment): {
  readonly config: Config;
  readonly faults: readonly string[];
} {
  const store = readForStore(environment);
  const { parts, faults } = readParts(environment);
  const known = Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== null));
  return { config: Object.freeze({ ...store, ...known }), faults };
}

/** When a server removes what has expired is nothing to who reads or writes a store beside it. */
const OF_STORE: readonly Variable[] = Object.values(STORE_VARIABLES).filter(
  (variable) => variable !== STORE_VARIABLES.sweepInterval,
);

/**
 * Reads what a command needs that works on the store. All else is as when it is not set, and may have faults: a backup is wanted most where
 * something is wrong. `more`: what it needs beside. Errors: ConfigError, a line for each fault.
 */
export function readForStore(environment: Environment, more: readonly Variable[] = []): Config {
  const wanted = [...OF_STORE, ...more].map(({ name }) => name);
  const isWanted = (name: string) => wanted.includes(name) || (!NAMES.includes(name) && wanted.includes(meantBy(name)));
  return readConfig(Object.fromEntries(Object.entries(environment).filter(([name]) => isWanted(name))));
}

/** Absence: empty when a name is like none of ours. */
function meantBy(name: string): string {
  return (/^RS_/i.test(name) && nearest(name, NAMES)) || '';
}

function readParts(environment: Environment) {
  const reader = new Reader(environment);
  const { read } = reader;
  const listening = reader.part(() => readListening(read));
  const answering = {
    ...listening,
    // Who may call depends on where the server listens: nothing can be said of it before that is known.
    ...(listening && reader.part(() => readAccess(read, listening.host))),
    fastLane: reader.part(() => readFastLane(read)),
    tls: reader.part(() => readTls(read)),
    ...reader.part(() => readLimits(read)),
  };
  const kept = reader.part(() => readStore(environment, read));
  const parts = {
    ...answering,
    ...kept,
    adopt: reader.part(() => readAdopt(read)),
    workers: reader.part(() => readWorkers(read, kept?.store ?? null)),
    policyFile: reader.part(() => readPolicyFile(read)),
    variable: (name: string) => environment[name],
    ...reader.part(() => readEvents(read)),
    metricsPort: reader.part(() => readMetricsPort(read, listening?.port)),
    console: reader.part(() => readConsole(read, listening?.port)),
    ...reader.part(() => read(LOG_VARIABLES.logLevel, logging)),
    auditLog: reader.part(() => readAuditLog(read)),
    tracing: reader.part(() => readTracing(environment)),
  };
  return { parts, faults: [...misspelt(environment), ...reader.faults] };
}

/** Where a server of this configuration is to be found. What else is configured may have faults. Errors: ConfigError. */
export function readAddress(environment: Environment): Pick<Config, 'host' | 'port' | 'tls'> {
  const reader = new Reader(environment);
  const listening = reader.part(() => readListening(reader.read));
  const tls = reader.part(() => readTls(reader.read));
  if (listening === null || reader.faults.length > 0) throw new ConfigError(reader.faults.join('\n'));
  return { ...listening, tls };
}

/** Names in the environment that begin like ours and mean nothing to us. */
export interface UnknownVariables {
  /** Made by Kubernetes for a service beside the pod. */
  readonly ofKubernetes: readonly string[];
  readonly others: readonly string[];
}

/** Gives our variables that an unknown one may have been meant to be. Absence: empty. */
export function variablesLike(name: string): readonly string[] {
  return alike(name, NAMES);
}

export function unknownVariables(environment: Environment): UnknownVariables {
  const isKnown = (name: string) => NAMES.includes(name) || OF_COMMANDS.has(name);
  const unknown = Object.keys(environment).filter((name) => /^RS_/i.test(name) && !isKnown(name));
  // In another case, too: on most systems `rs_port` is another name, and has no effect.
  const ofKubernetes = unknown.filter((name) => isOfKubernetes(name, environment[name] ?? ''));
  return { ofKubernetes, others: unknown.filter((name) => !ofKubernetes.includes(name)) };
}

/** Where commands that ask a server find it, and their key (cli/remote/): operators have them in the shells in which they start servers, too. */
const OF_COMMANDS: ReadonlySet<string> = new Set(['RS_URL', 'RS_KEY']);
/** That, too; or RS_KEYS_FILE is meant, and a server that takes no notice of it is open to everybody. */
const KEY_FILE_OF_COMMANDS = 'RS_KEY_FILE';
/** With one of these it is clear which: who calls is settled, or the shell is one for commands. */
const SETTLED = ['RS_KEYS_FILE', 'RS_API_KEYS', 'RS_AUTH', 'RS_URL'] as const;

const NAMES = Object.values(VARIABLES).map(({ name }) => name as string);

function misspelt(environment: Environment): string[] {
  const isSettled = SETTLED.some((name) => environment[name]);
  return unknownVariables(environment).others.flatMap((name) => {
    const meant = name === KEY_FILE_OF_COMMANDS && isSettled ? null : nearest(name, NAMES);
    return meant === null ? [] : [`${name} is not a variable of this server; did you mean ${meant}?`];
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
