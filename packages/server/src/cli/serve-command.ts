/** `rest-sessions serve`: start, greet, run until a signal, stop without losing anything. */
import { type Config, ConfigError, readConfig, showUrl, unknownVariables } from '../config.ts';
import { createLog, flushLog, type Log } from '../log.ts';
import { type RunningServer, serve } from '../serve.ts';

/** Runs the server until it is told to stop. Gives the exit code. */
export async function runServe(environment: NodeJS.ProcessEnv): Promise<number> {
  let config: Config;
  try {
    config = readConfig(environment);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return fail(2, error.message);
  }
  const log = createLog(config);
  // Before anything says that the server is there: a supervisor may stop it the moment it reads that.
  const signalled = firstSignal();
  dieLoudly(log);
  for (const variable of unknownVariables(environment)) log.warn({ variable }, 'this variable means nothing: a typo?');
  let server: RunningServer;
  try {
    server = await serve(config, log);
  } catch (error) {
    if (error instanceof ConfigError) return fail(2, ...error.message.split('\n'));
    return fail(1, startFailure(error, config));
  }
  // With nothing to read again, SIGHUP keeps its meaning: the terminal is gone, the server ends.
  const { reload } = server;
  if (reload !== null) process.on('SIGHUP', reload);
  process.stdout.write(greeting(server));
  log.info({ url: server.url, store: server.location, pid: process.pid }, 'listening');
  const signal = await signalled;
  log.info({ signal }, 'stopping: requests under way are finished');
  await server.stop();
  log.info('stopped');
  return 0;
}

/** Resolves with the first signal to stop. The second one ends the process at once. */
function firstSignal(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.once(signal, () => {
        for (const again of ['SIGTERM', 'SIGINT'] as const) process.on(again, () => process.exit(1));
        resolve(signal);
      });
    }
  });
}

/** A fault nobody caught: the state of the process is unknown, so it says what happened and ends. */
function dieLoudly(log: Log): void {
  process.on('uncaughtException', (err) => {
    log.fatal({ err }, 'a fault of the server; it ends');
    flushLog();
    process.exit(1);
  });
}

function greeting({ url, location, open }: RunningServer): string {
  const access = open ? 'everyone who reaches this address may call: there are no API keys' : 'an API key is needed';
  const header = open ? '' : ' -H "Authorization: Bearer $KEY"';
  return `REST-Sessions listens on ${url}
sessions are kept in: ${location}
${access}
the API, to read and to try: ${url}/docs

Create a session:
  curl -X PUT${header} '${url}/shop/create/user123?ip=192.168.99.22'
Read it, with the token that gave:
  curl${header} '${url}/shop/get/TOKEN'
Or both in one line:
  curl${header} "${url}/shop/get/$(curl -s -X PUT${header} '${url}/shop/create/user123?ip=192.168.99.22' | cut -d'"' -f4)"

`;
}

function startFailure(error: unknown, { host, port, store }: Config): string {
  const { code, syscall, message } = error as NodeJS.ErrnoException;
  // A code alone does not say which call it came from: a folder that may not be made is no port.
  const network = syscall === 'listen' || syscall === 'getaddrinfo';
  if (!network) return `cannot start with RS_STORE=${showUrl(store)}: ${message}`;
  if (code === 'EADDRINUSE') return `port ${port} on ${host} is in use; stop what listens there or set RS_PORT`;
  if (code === 'EACCES')
    return `port ${port} on ${host} may not be used by this account; set RS_PORT to one above 1023`;
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') return `RS_HOST=${host} is not an address of this machine`;
  return `cannot listen on ${host}, port ${port}: ${message}`;
}

function fail(code: number, ...lines: string[]): number {
  for (const line of lines) process.stderr.write(`rest-sessions: ${line.replaceAll('\n', ' ')}\n`);
  return code;
}
