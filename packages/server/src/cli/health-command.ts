/**
 * `rest-sessions health`: asks the server that this configuration makes whether it answers. For HEALTHCHECK of a container,
 * which knows no TLS. It connects to this machine only, and so does not check whose name the certificate is for.
 *
 * Where clients need a certificate, it shows the server's own. A server that refuses that one has answered the handshake: it is
 * alive; whether it is ready, only a client with a certificate can ask.
 */
import { ConfigError, readAddress } from '../config.ts';
import { UsageError, type Words } from './arguments.ts';
import { fail, print } from './output.ts';
import { type Address, ask, type Outcome, urlOf } from './own-server.ts';

/** Units: milliseconds. Shorter than the timeout of a usual health check. */
const TIMEOUT = 2500;

/** Of an answer that says what is wrong. Units: characters. */
const LONGEST_BODY = 4096;

/** Asks. Gives the exit code: 0 healthy, 1 not, or it cannot be asked. (Docker has kept 2 for itself.) Errors: UsageError. */
export async function run(_verb: string, given: Words, environment: NodeJS.ProcessEnv): Promise<number> {
  const [cert, key] = [given.text('cert'), given.text('key')];
  if ((cert === undefined) !== (key === undefined)) throw new UsageError('--cert and --key only work together');
  const isReady = given.has('ready');
  try {
    const address = readAddress(environment);
    if (address.port === 0) return fail('RS_PORT=0 lets the server take any port: nobody can know which to ask');
    const shown = cert === undefined || key === undefined ? address.tls : { cert, key };
    const path = isReady ? '/readyz' : '/livez';
    const question = { path, shown, timeout: TIMEOUT, longest: LONGEST_BODY };
    return judge(address, isReady, await ask(address, question));
  } catch (error) {
    if (error instanceof ConfigError) return fail(error.message.replaceAll('\n', '; '));
    return fail((error as Error).message);
  }
}

function judge(address: Address, isReady: boolean, { status, reached, why, body }: Outcome): number {
  const check = checkIn(body);
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

/** Absence: null when the body is none of ours, or names no check. */
function checkIn(body: string): string | null {
  try {
    const { check } = JSON.parse(body) as { check?: unknown };
    return typeof check === 'string' && /^[a-z]{1,20}$/.test(check) ? check : null;
  } catch {
    return null;
  }
}
