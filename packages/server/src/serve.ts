/** The composition root: everything is made and wired here, and taken down in the reverse order. */
import type { Config } from './config.ts';
import { DEFAULT_POLICY } from './core/policy.ts';
import { Sessions } from './core/sessions.ts';
import { createApp } from './http/app.ts';
import { NodeServer, type RequestLine } from './http/node-server.ts';
import type { Log } from './log.ts';
import { watchStore } from './store-watch.ts';
import { openStore } from './stores/open-store.ts';
import { startSweeper } from './sweeper.ts';

/** A server that answers. */
export interface RunningServer {
  readonly url: string;
  /** Where the sessions are kept, in words for the operator. */
  readonly location: string;
  /** Finishes the requests under way, makes everything durable and lets go. */
  readonly stop: () => Promise<void>;
}

/** Starts a server. Errors: what the store or the network says, when they cannot be had. */
export async function serve(config: Config, log: Log, clock: () => number = Date.now): Promise<RunningServer> {
  const onError = (error: unknown) =>
    log.error({ err: error }, 'the store failed in the background; it is tried again');
  const { namespace, storeTimeout: timeout, redis } = config;
  const { store, location, settings } = await openStore(config.store, { namespace, timeout, redis, onError });
  const sessions = new Sessions(store, () => DEFAULT_POLICY);

  let stopping = false;
  const app = createApp({
    sessions,
    clock,
    isStopping: () => stopping,
    onFault: (err, trace) => log.error({ err, route: trace?.route }, 'a request failed'),
  });
  const logRequest = (line: RequestLine) => log[config.logLevel === 'info' ? 'info' : 'debug'](line, 'request');
  const server = new NodeServer({ app, onRequest: config.logRequests ? logRequest : null });
  let port: number;
  try {
    port = await server.listen(config.host, config.port);
  } catch (error) {
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

  const stopWatching = watchStore({
    look: settings,
    clock,
    onFound: ({ code, where, message }) => log.warn({ finding: code, server: where }, message),
    onGone: ({ code, where }) => log.info({ finding: code, server: where }, 'no longer so'),
  });

  const url = `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${port}`;
  return {
    url,
    location,
    stop: async () => {
      stopping = true;
      await server.stop();
      stopWatching();
      await stopSweeper();
      await store.close();
    },
  };
}
