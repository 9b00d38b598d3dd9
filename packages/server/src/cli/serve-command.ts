/**
 * `rest-sessions serve`: start, greet, run until a signal, stop without losing anything. In one process; or, with RS_WORKERS, in
 * a supervisor (supervise.ts) that starts this command once more for each worker (worker-process.ts).
 */
import cluster from 'node:cluster';
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { type Config, ConfigError, nearest, readConfig, unknownVariables, variablesLike } from '../config.ts';
import { createLog, finishLog, flushLog, greet, isLogStuck, type Log } from '../log/log.ts';
import type { RunningServer } from '../serve.ts';
import { workerNumber } from '../workers/channel.ts';
import type { Words } from './arguments.ts';
import { consoleInto } from './console.ts';
import { leave } from './leave.ts';
import { fail, misuse } from './output.ts';
import { firstCauseToStop } from './signals.ts';
import { greeting, startFailure } from './start-words.ts';

/** Runs the server until it is told to stop. Gives the exit code. */
export async function run(_verb: string, _given: Words, environment: NodeJS.ProcessEnv): Promise<number> {
  let config: Config;
  try {
    config = await readAll(environment);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return misuse(error.message.split('\n'));
  }
  const number = workerNumber(environment);
  const log = createLog(config, number);
  dieLoudly(log);
  consoleInto(log);
  if (number !== null) return (await import('./worker-process.ts')).runWorker(config, log);
  const warn = () => tellUnknown(environment, log);
  // Somebody else's cluster has workers of its own, and shares the port among them.
  if (config.workers > 1 && !cluster.isWorker) return (await import('./supervise.ts')).runSupervisor(config, log, warn);
  return runAlone(config, log, warn);
}

/** Runs the server in this process. `warn` says what there is to say at the start. */
async function runAlone(config: Config, log: Log, warn: () => void): Promise<number> {
  let server: RunningServer | null = null;
  // Before anything says that the server is there: a supervisor may stop it the moment it reads that.
  const stopped = firstCauseToStop({
    onReload: () => {
      if (server?.reload) server.reload();
      else log.info('SIGHUP: there is nothing to read again');
    },
    onIgnored: (signal) => log.info({ signal }, 'this signal means nothing to the server'),
    onImpatience: () => leave(1, { isStuck: isLogStuck() }),
  });
  warn();
  try {
    const { serve } = await import('../serve.ts');
    server = await serve(config, log);
  } catch (error) {
    await finishLog();
    if (error instanceof ConfigError) return misuse(error.message.split('\n'));
    return fail(startFailure(error, config).replaceAll('\n', ' '));
  }
  greet(greeting(server));
  log.info({ url: server.url, store: server.location, pid: process.pid }, 'listening');
  const signal = await stopped;
  log.info({ signal }, 'stopping: requests under way are finished');
  await server.stop();
  log.info('stopped');
  await finishLog();
  return leave(0, { isStuck: isLogStuck() });
}

/** Reads the configuration. Whether a host name means anything only the network knows. Errors: ConfigError. */
async function readAll(environment: NodeJS.ProcessEnv): Promise<Config> {
  const host = environment.RS_HOST ?? '';
  const isName = /^[A-Za-z0-9._-]{1,253}$/.test(host) && isIP(host) === 0;
  if (!isName || (await lookup(host).catch(() => null)) !== null) return readConfig(environment);
  const meant = nearest(host, ['localhost']);
  const faults = [
    `RS_HOST="${host}" cannot be resolved: no address is known for it${meant ? '; did you mean localhost?' : ''}`,
  ];
  try {
    readConfig({ ...environment, RS_HOST: '' });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    faults.push(...error.message.split('\n'));
  }
  throw new ConfigError(faults.join('\n'));
}

/** Warns of variables that begin with RS_ and are none of ours. (A name that is nearly one of ours has already stopped the start.) */
function tellUnknown(environment: NodeJS.ProcessEnv, log: Log): void {
  const { ofKubernetes, others } = unknownVariables(environment);
  for (const variable of others) {
    const like = variablesLike(variable);
    log.warn({ variable, ...(like.length > 0 && { like }) }, 'this variable means nothing: a typo?');
  }
  if (ofKubernetes.length === 0) return;
  log.warn(
    { variables: ofKubernetes },
    'Kubernetes made these variables for a service beside this pod whose name begins with "rs"; they mean nothing here (enableServiceLinks: false in the pod\'s spec keeps them away)',
  );
}

/** A fault nobody caught: the state of the process is unknown, so it says what happened and ends. */
function dieLoudly(log: Log): void {
  process.on('uncaughtException', (err) => {
    log.fatal({ err }, 'a fault of the server; it ends');
    const isStuck = isLogStuck();
    if (!isStuck) flushLog();
    leave(1, { isStuck });
  });
}
