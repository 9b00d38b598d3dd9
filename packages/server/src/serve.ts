/** The composition root: everything is made and wired here, and taken down in the reverse order. */
import { type Config, ConfigError } from './config.ts';
import { DEFAULT_POLICY } from './core/policy.ts';
import { Sessions } from './core/sessions.ts';
import { createApp } from './http/app.ts';
import { NodeServer, type RequestLine } from './http/node-server.ts';
import { KeysError } from './keys/entry.ts';
import { type KeyEvent, KeySource } from './keys/source.ts';
import type { Log } from './log.ts';
import { openStore } from './stores/open-store.ts';
import { startSweeper } from './sweeper.ts';

/** A server that answers. */
export interface RunningServer {
  readonly url: string;
  /** Where the sessions are kept, in words for the operator. */
  readonly location: string;
  /** Whether everyone who reaches the port may call. */
  readonly open: boolean;
  /** Reads again what can change while the server runs: the keys. A fault is logged, and nothing changes. */
  readonly reload: () => void;
  /** Finishes the requests under way, makes everything durable and lets go. */
  readonly stop: () => Promise<void>;
}

/** Starts a server. Errors: ConfigError, or what the store or the network says. */
export async function serve(config: Config, log: Log, clock: () => number = Date.now): Promise<RunningServer> {
  const keys = openKeys(config, log);
  const onError = (error: unknown) =>
    log.error({ err: error }, 'the store failed in the background; it is tried again');
  const { namespace, storeTimeout: timeout, redis } = config;
  const { store, location } = await openStore(config.store, { namespace, timeout, redis, onError });
  const sessions = new Sessions(store, () => DEFAULT_POLICY);

  let stopping = false;
  const app = createApp({
    sessions,
    clock,
    isStopping: () => stopping,
    authenticate: keys === null ? null : (presented, now) => keys.verify(presented, now),
    onFault: (err, trace) => log.error({ err, route: trace?.route }, 'a request failed'),
  });
  const logRequest = (line: RequestLine) => log[config.logLevel === 'info' ? 'info' : 'debug'](line, 'request');
  const server = new NodeServer({ app, onRequest: config.logRequests ? logRequest : null });
  let port: number;
  try {
    port = await server.listen(config.host, config.port);
  } catch (error) {
    keys?.close();
    await store.close();
    throw error;
  }

  const stopSweeper = startSweeper({
    sweep: (now, limit) => store.sweep(now, limit),
    clock,
    interval: config.sweepInterval,
    onSwept: (removed) => log.debug({ removed }, 'removed expired sessions'),
    onError,
  });

  const url = `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${port}`;
  return {
    url,
    location,
    open: keys === null,
    reload: () => keys?.reload(),
    stop: async () => {
      stopping = true;
      keys?.close();
      await server.stop();
      await stopSweeper();
      await store.close();
    },
  };
}

/** Reads the API keys. Absence: null when there are none configured. Errors: ConfigError. */
function openKeys({ keys: { file, list } }: Config, log: Log): KeySource | null {
  if (file === null && list === null) return null;
  try {
    return new KeySource({ file, list, onEvent: (event) => logKeys(log, event) });
  } catch (error) {
    throw error instanceof KeysError ? new ConfigError(`the API keys cannot be used: ${error.message}`) : error;
  }
}

function logKeys(log: Log, event: KeyEvent): void {
  if (event.kind === 'loaded') log.info({ keys: event.keys }, 'the API keys were read again');
  else if (event.kind === 'expired') log.warn({ key: event.key }, 'an API key was used that has expired');
  else log.error({ why: event.why }, 'the API keys have a fault; those from before stay');
}
