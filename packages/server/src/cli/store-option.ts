/** The store that a command is about: RS_STORE, or --store in its place. */
import { type Config, ConfigError, readForStore } from '../config.ts';
import { misuse } from './output.ts';

/**
 * Variables of the commands that ask a server. Somebody who uses those has them set, and RS_KEY_FILE is no misspelling of RS_KEYS_FILE then, as it
 * is where a server starts.
 */
const OF_REMOTE: ReadonlySet<string> = new Set(['RS_URL', 'RS_KEY', 'RS_KEY_FILE']);

/**
 * Reads the configuration with this store. `read`: how, and with what beside the store; errors: ConfigError. Gives the exit code, after words,
 * where it is wrong.
 */
export function configuredFor(
  environment: NodeJS.ProcessEnv,
  store: string | undefined,
  read: (environment: NodeJS.ProcessEnv) => Config = readForStore,
): Config | number {
  if (store !== undefined && /\/\/[^/]*:[^/]*@/.test(store)) {
    return misuse(['--store has a password, which everybody on this machine can read; set RS_STORE instead']);
  }
  let config: Config;
  try {
    const named = store === undefined ? {} : { RS_STORE: store, RS_REDISHOST: '', RS_REDISPORT: '' };
    const own = Object.entries(environment).filter(([name]) => !OF_REMOTE.has(name));
    config = read({ ...Object.fromEntries(own), ...named });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const message = store === undefined ? error.message : error.message.replace(/^RS_STORE=/m, '--store=');
    return misuse(message.split('\n'));
  }
  if (config.store === 'memory:') return misuse(['a store in memory is in its server; nobody else can look into it']);
  return config;
}
