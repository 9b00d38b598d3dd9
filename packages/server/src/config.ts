/**
 * Configuration from the environment: one table, from which come the checks, the defaults, `--help` and
 * docs/configuration.md. The variables and how each is read lie in config/, by subject.
 */
import { ACCESS_VARIABLES, type AccessConfig, readAccess } from './config/access.ts';
import { LIMIT_VARIABLES, type LimitsConfig, readLimits } from './config/limits.ts';
import { LISTENING_VARIABLES, readListening } from './config/listening.ts';
import { LOG_VARIABLES, type LogLevel, logging } from './config/logging.ts';
import { POLICY_VARIABLES, readPolicyFile } from './config/policy.ts';
import { readStore, STORE_VARIABLES, type StoreConfig } from './config/store.ts';
import { readTls, TLS_VARIABLES, type TlsConfig } from './config/tls.ts';
import { type Environment, reader, type Variable } from './config/variable.ts';

export type { RateConfig } from './config/limits.ts';
export type { LogLevel } from './config/logging.ts';
export type { RedisConfig } from './config/store.ts';
export type { TlsConfig } from './config/tls.ts';
export { ConfigError, showUrl, type Variable } from './config/variable.ts';

/** The configuration of one server, checked and complete. */
export interface Config extends AccessConfig, LimitsConfig, StoreConfig {
  readonly port: number;
  readonly host: string;
  /** Absence: null when the server speaks plain HTTP. */
  readonly tls: TlsConfig | null;
  /** Absence: null when every app lives under the default policy. */
  readonly policyFile: string | null;
  readonly logLevel: LogLevel;
  /** Whether each request makes a line in the log at level info. */
  readonly logRequests: boolean;
}

export const VARIABLES = {
  ...LISTENING_VARIABLES,
  ...ACCESS_VARIABLES,
  ...TLS_VARIABLES,
  ...LIMIT_VARIABLES,
  ...STORE_VARIABLES,
  ...POLICY_VARIABLES,
  ...LOG_VARIABLES,
} as const;

/** Reads the configuration. Errors: ConfigError. */
export function readConfig(environment: Environment): Config {
  const read = reader(environment);
  const listening = readListening(read);
  return Object.freeze({
    ...listening,
    ...readAccess(read, listening.host),
    tls: readTls(read),
    ...readLimits(read),
    ...readStore(environment, read),
    policyFile: readPolicyFile(read),
    ...read(LOG_VARIABLES.logLevel, logging),
  });
}

/** Gives the names that look like ours and are none: a setting without effect is worse than one that is refused. */
export function unknownVariables(environment: Environment): string[] {
  const known = new Set<string>(Object.values(VARIABLES).map(({ name }) => name));
  return Object.keys(environment).filter((name) => name.startsWith('RS_') && !known.has(name));
}

/** Writes the table as Markdown: docs/configuration.md. */
export function configurationTable(): string {
  const rows = Object.values(VARIABLES).map((v: Variable) => {
    const type = v.unit === '' ? v.type : `${v.type} (${v.unit})`;
    return `| \`${v.name}\` | ${type} | ${v.default === '' ? 'not set' : `\`${v.default}\``} | ${v.sentence} Allowed: ${v.allowed}. |`;
  });
  return ['| variable | type | default | meaning |', '|---|---|---|---|', ...rows].join('\n');
}
