/** The composition root: everything is made and wired here, and taken down in the reverse order. */
import { type Config, ConfigError, type TlsConfig } from './config.ts';
import { DEFAULT_POLICY } from './core/policy.ts';
import { Sessions } from './core/sessions.ts';
import { createApp } from './http/app.ts';
import { NodeServer, type RequestLine } from './http/node-server.ts';
import { type KeyEvent, KeySource } from './keys/source.ts';
import type { Log } from './log.ts';
import { openStore } from './stores/open-store.ts';
import { startSweeper } from './sweeper.ts';
import { readTlsFiles } from './tls.ts';

/** A server that answers. */
export interface RunningServer {
  readonly url: string;
  /** Where the sessions are kept, in words for the operator. */
  readonly location: string;
  /** Whether everyone who reaches the port may call. */
  readonly open: boolean;
  /** Reads again what can change while the server runs: keys and certificates. A fault is logged, and nothing changes. */
  readonly reload: () => void;
  /** Finishes the requests under way, makes everything durable and lets go. */
  readonly stop: () => Promise<void>;
}

/** Starts a server. Errors: ConfigError, or what the store or the network says. */
export async function serve(config: Config, log: Log, clock: () => number = Date.now): Promise<RunningServer> {
  const keys = openKeys(config, log);
  const tls = config.tls && usable(() => readTlsFiles(config.tls!));
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
  const server = new NodeServer({
    app,
    onRequest: config.logRequests ? logRequest : null,
    tls,
    maxConcurrent: config.maxConcurrent,
  });
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

  const url = `http${tls === null ? '' : 's'}://${config.host.includes(':') ? `[${config.host}]` : config.host}:${port}`;
  return {
    url,
    location,
    open: keys === null,
    reload: () => {
      keys?.reload();
      if (config.tls !== null) reloadTls(server, config.tls, log);
    },
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
  return usable(() => new KeySource({ file, list, onEvent: (event) => logKeys(log, event) }));
}

/** A fault in what the configuration points at is a fault of the configuration. */
function usable<T>(open: () => T): T {
  try {
    return open();
  } catch (error) {
    throw new ConfigError((error as Error).message);
  }
}

function reloadTls(server: NodeServer, config: TlsConfig, log: Log): void {
  try {
    server.useTls(readTlsFiles(config));
    log.info('the TLS files were read again; open connections stay');
  } catch (error) {
    log.error({ why: (error as Error).message }, 'the TLS files have a fault; those from before stay');
  }
}

function logKeys(log: Log, event: KeyEvent): void {
  if (event.kind === 'loaded') log.info({ keys: event.keys }, 'the API keys were read again');
  else if (event.kind === 'expired') log.warn({ key: event.key }, 'an API key was used that has expired');
  else log.error({ why: event.why }, 'the API keys have a fault; those from before stay');
}
