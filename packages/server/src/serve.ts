/** The composition root: everything is made and wired here, and taken down in the reverse order. */
import { readFileSync } from 'node:fs';
import { openAccess } from './access.ts';
import { type Config, ConfigError } from './config.ts';
import { DEFAULT_POLICY } from './core/policy.ts';
import { Sessions } from './core/sessions.ts';
import { createApp } from './http/app.ts';
import { NodeServer, type RequestLine } from './http/node-server.ts';
import type { Log } from './log.ts';
import { PolicyFault } from './policy/fault.ts';
import { PolicyFile } from './policy/file.ts';
import { watchStore } from './store-watch.ts';
import { openStore } from './stores/open-store.ts';
import { startSweeper } from './sweeper.ts';

/** A server that answers. */
export interface RunningServer {
  readonly url: string;
  /** Where the sessions are kept, in words for the operator. */
  readonly location: string;
  /** Whether everyone who reaches the port may call. */
  readonly open: boolean;
  /**
   * Reads again what can change while the server runs: policy, keys and certificates. A fault is logged, and nothing
   * changes. Absence: null when there is nothing to read again.
   */
  readonly reload: (() => void) | null;
  /** Finishes the requests under way, makes everything durable and lets go. */
  readonly stop: () => Promise<void>;
}

/** Starts a server. Errors: ConfigError, one line for each fault; what the store or the network says. */
export async function serve(config: Config, log: Log, clock: () => number = Date.now): Promise<RunningServer> {
  const policyFile = config.policyFile === null ? null : openPolicy(config.policyFile);
  const access = openAccess(config, log);
  const onError = (error: unknown) =>
    log.error({ err: error }, 'the store failed in the background; it is tried again');
  const onTokenReuse = (app: string, session: string) =>
    log.warn({ app, session }, 'a token was used that a rotation had replaced: it may have been stolen');
  const { namespace, storeTimeout: timeout, redis } = config;
  const events = { onError, onTokenReuse };
  const { store, location, settings, lookEvery } = await openStore(config.store, {
    namespace,
    timeout,
    redis,
    ...events,
  });
  const sessions = new Sessions(store, policyFile?.source ?? (() => DEFAULT_POLICY));

  let stopping = false;
  const app = createApp({
    sessions,
    clock,
    isStopping: () => stopping,
    authenticate: access.authenticate,
    rateLimits: access.rateLimits,
    configSchema: readFileSync(new URL('../schema/config.json', import.meta.url), 'utf8'),
    version: packageVersion(),
    docsAsset: (name) => readFileSync(new URL(`../dist/docs-page/${name}.gz`, import.meta.url)),
    onFault: (err, trace) => log.error({ err, route: trace?.route }, 'a request failed'),
  });
  const logRequest = (line: RequestLine) => log[config.logLevel === 'info' ? 'info' : 'debug'](line, 'request');
  const server = new NodeServer({
    app,
    onRequest: config.logRequests ? logRequest : null,
    tls: access.tls,
    maxConcurrent: config.maxConcurrent,
  });
  const reloaders = [
    policyFile && (() => reloadPolicy(policyFile, log)),
    access.reload && (() => access.reload?.((files) => server.useTls(files))),
  ].filter((reload) => reload !== null);
  let port: number;
  try {
    port = await server.listen(config.host, config.port);
  } catch (error) {
    access.close();
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
    interval: lookEvery,
    clock,
    onFound: ({ code, where, message }) => log.warn({ finding: code, server: where }, message),
    onGone: ({ code, where }) => log.info({ finding: code, server: where }, 'no longer so'),
  });

  const url = `http${access.tls === null ? '' : 's'}://${config.host.includes(':') ? `[${config.host}]` : config.host}:${port}`;
  return {
    url,
    location,
    open: access.authenticate === null,
    reload: reloaders.length === 0 ? null : () => reloaders.forEach((reload) => void reload()),
    stop: async () => {
      stopping = true;
      access.close();
      await server.stop();
      stopWatching();
      await stopSweeper();
      await store.close();
    },
  };
}

function openPolicy(path: string): PolicyFile {
  try {
    return new PolicyFile(path);
  } catch (error) {
    throw error instanceof PolicyFault ? new ConfigError(error.message) : error;
  }
}

function reloadPolicy(file: PolicyFile, log: Log): void {
  try {
    log.info({ file: file.path, changes: file.reload() }, 'the policy file was read again');
  } catch (error) {
    if (!(error instanceof PolicyFault)) throw error;
    for (const { where, rule } of error.faults) {
      log.error(
        { file: file.path, where, rule },
        'the policy file has a fault and is not used; the policy before it stays',
      );
    }
  }
}

function packageVersion(): string {
  return JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version;
}
