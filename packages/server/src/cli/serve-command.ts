/** `rest-sessions serve`: start, greet, run until a signal, stop without losing anything. */
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { type Config, ConfigError, nearest, readConfig, showUrl, unknownVariables } from '../config.ts';
import { createLog, finishLog, flushLog, greet, isLogStuck, type Log } from '../log/log.ts';
import { type RunningServer, serve } from '../serve.ts';
import { consoleInto } from './console.ts';
import { leave } from './leave.ts';
import { fail, misuse } from './output.ts';
import { firstCauseToStop } from './signals.ts';

/** Runs the server until it is told to stop. Gives the exit code. */
export async function runServe(environment: NodeJS.ProcessEnv): Promise<number> {
  let config: Config;
  try {
    config = await readAll(environment);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return misuse(error.message.split('\n'));
  }
  const log = createLog(config);
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
  dieLoudly(log);
  consoleInto(log);
  tellUnknown(environment, log);
  try {
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
  for (const variable of others) log.warn({ variable }, 'this variable means nothing: a typo?');
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

function greeting({ url, location, trouble, open }: RunningServer): string {
  const access = open ? 'everyone who reaches this address may call: there are no API keys' : 'an API key is needed';
  const header = open ? '' : ' -H "Authorization: Bearer $KEY"';
  return `REST-Sessions listens on ${url}
sessions are kept in: ${location}
${trouble === null ? '' : `they cannot be reached now, and requests are answered 503 until they can: ${trouble}\n`}${access}
the API, to read and to try: ${url}/docs

Create a session:
  curl -X PUT${header} '${url}/shop/create/user123?ip=192.168.99.22'
Read it, with the token of that answer in the place of TOKEN:
  curl${header} '${url}/shop/get/TOKEN'
Or both in one line:
  curl${header} "${url}/shop/get/$(curl -s -X PUT${header} '${url}/shop/create/user123?ip=192.168.99.22' | cut -d'"' -f4)"

`;
}

function startFailure(error: unknown, { host, port, metricsPort, store }: Config): string {
  const { code, syscall, message, port: asked } = error as NodeJS.ErrnoException & { readonly port?: number };
  // The same code can come from several calls: EACCES may be about a port, or about the folder of the store.
  const network = syscall === 'listen' || syscall === 'getaddrinfo';
  if (!network) return `cannot start with RS_STORE=${showUrl(store)}: ${message}`;
  if (asked === metricsPort && asked !== port) return `RS_METRICS_PORT=${asked} cannot be used on 127.0.0.1: ${code}`;
  if (code === 'EADDRINUSE') return `port ${port} on ${host} is in use; stop what listens there or set RS_PORT`;
  if (code === 'EACCES')
    return `port ${port} on ${host} may not be used by this account; set RS_PORT to one above 1023`;
  if (code === 'EADDRNOTAVAIL') return `RS_HOST=${host} is not an address of this machine`;
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return `RS_HOST=${host} cannot be resolved`;
  return `cannot listen on ${host}, port ${port}: ${message}`;
}
