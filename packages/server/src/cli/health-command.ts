/**
 * `rest-sessions health`: asks the server that this configuration makes whether it answers. For HEALTHCHECK of a container,
 * which knows no TLS. It connects to this machine only, and so does not check whose name the certificate is for.
 *
 * Where clients need a certificate, it shows the server's own. A server that refuses that one has answered the handshake: it is
 * alive; whether it is ready, only a client with a certificate can ask.
 */
import { readFileSync } from 'node:fs';
import { type IncomingMessage, request as requestPlain } from 'node:http';
import { request as requestSecure } from 'node:https';
import { isIPv6 } from 'node:net';
import { type Config, ConfigError, readAddress } from '../config.ts';
import { readArguments, UsageError } from './arguments.ts';
import { fail, print } from './output.ts';

/** Units: milliseconds. Shorter than the timeout of a usual health check. */
const TIMEOUT = 2500;

/** Of an answer that says what is wrong. Units: characters. */
const LONGEST_BODY = 4096;

type Address = Pick<Config, 'host' | 'port' | 'tls'>;

/** What came of asking. `reached`: the connection was made, TLS included. Absence: status null when there was no answer. */
interface Outcome {
  readonly status: number | null;
  readonly reached: boolean;
  readonly why: string;
  /** Which check has failed, as the server says it. Absence: null. */
  readonly check: string | null;
}

/** Asks. Gives the exit code: 0 healthy, 1 not, or it cannot be asked. (Docker has kept 2 for itself.) Errors: UsageError. */
export async function runHealth(args: readonly string[], environment: NodeJS.ProcessEnv): Promise<number> {
  const given = readArguments('health', args, { ready: 'switch', cert: 'text', key: 'text' });
  if (given.words.length > 0) throw new UsageError('health takes options only; there is a word too many after it');
  const [cert, key] = [given.text('cert'), given.text('key')];
  if ((cert === undefined) !== (key === undefined)) throw new UsageError('--cert and --key only work together');
  const isReady = given.has('ready');
  try {
    const address = readAddress(environment);
    if (address.port === 0) return fail('RS_PORT=0 lets the server take any port: nobody can know which to ask');
    const shown = cert === undefined || key === undefined ? address.tls : { cert, key };
    return judge(address, isReady, await ask(address, isReady ? '/readyz' : '/livez', shown));
  } catch (error) {
    if (error instanceof ConfigError) return fail(error.message.replaceAll('\n', '; '));
    return fail((error as Error).message);
  }
}

function judge(address: Address, isReady: boolean, { status, reached, why, check }: Outcome): number {
  const what = isReady ? 'ready' : 'alive';
  const where = urlOf(address);
  if (status === 200) return print(`${what}: ${where}\n`);
  if (status !== null)
    return fail(`${where} is not ${what}: it answers ${status}${check === null ? '' : ` (${check})`}`);
  const needsCertificate = reached && address.tls?.clientCa != null;
  if (needsCertificate && !isReady) return print(`alive: ${where} (it asks for a client certificate)\n`);
  const advice = needsCertificate ? '; it asks for a client certificate: name one with --cert and --key' : '';
  return fail(`${where} does not answer: ${why}${advice}`);
}

function ask(address: Address, path: string, shown: { cert: string; key: string } | null): Promise<Outcome> {
  const { tls, port } = address;
  const common = {
    host: reachable(address.host),
    port,
    path,
    headers: { Host: 'localhost' },
    agent: false,
    timeout: TIMEOUT,
  };
  const certificate = tls?.clientCa && shown ? { cert: readFileSync(shown.cert), key: readFileSync(shown.key) } : {};
  return new Promise((resolve) => {
    let reached = false;
    const onAnswer = (answer: IncomingMessage) => {
      let body = '';
      answer.setEncoding('utf8').on('data', (text: string) => {
        body = (body + text).slice(0, LONGEST_BODY);
      });
      answer.on('close', () => resolve({ status: answer.statusCode ?? 0, reached, why: '', check: checkIn(body) }));
    };
    const request =
      tls === null
        ? requestPlain(common, onAnswer)
        : requestSecure({ ...common, ...certificate, rejectUnauthorized: false }, onAnswer);
    const timer = setTimeout(() => request.destroy(new Error(`no answer within ${TIMEOUT / 1000} s`)), TIMEOUT);
    request.on('socket', (socket) => socket.once('secureConnect', () => (reached = true)));
    request.on('error', (error: NodeJS.ErrnoException) => {
      const isAlert = error.code?.includes('_ALERT_') ?? false;
      resolve({ status: null, reached: reached || isAlert, why: error.code ?? error.message, check: null });
    });
    request.on('close', () => clearTimeout(timer));
    request.end();
  });
}

/** Absence: null when the body is none of ours, or names no check. */
function checkIn(body: string): string | null {
  try {
    const { check } = JSON.parse(body) as { check?: unknown };
    return typeof check === 'string' && /^[a-z]{1,20}$/.test(check) ? check : null;
  } catch {
    return null;
  }
}

/** A server that listens on every address is asked on loopback. */
function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  return /^[0:]+$/.test(host) ? '::1' : host;
}

function urlOf({ host, port, tls }: Address): string {
  const name = reachable(host);
  return `http${tls === null ? '' : 's'}://${isIPv6(name) ? `[${name}]` : name}:${port}`;
}
