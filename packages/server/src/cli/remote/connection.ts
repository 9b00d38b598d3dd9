/**
 * Which server a command asks, and with which key: what the options say, else RS_URL and RS_KEY_FILE or RS_KEY, else the server that this
 * configuration makes. That one is on this machine, so whose name its certificate is for is not checked.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { AdminClient, type TlsOptions } from 'rest-sessions-client/admin';
import { ConfigError, readAddress } from '../../config.ts';
import { UsageError, type Words } from '../arguments.ts';
import { urlOf } from '../own-server.ts';
import { visible } from '../plain-text.ts';

/** Gives the client. Errors: UsageError, ConfigError. */
export function adminFor(given: Words, environment: NodeJS.ProcessEnv): AdminClient {
  // The client asks Node for its modules, which versions before 20.16 do not know.
  process.getBuiltinModule ??= createRequire(import.meta.url) as typeof process.getBuiltinModule;
  const key = keyFor(given, environment);
  return new AdminClient({ ...serverFor(given, environment), ...(key !== null && { key }) });
}

function serverFor(given: Words, environment: NodeJS.ProcessEnv): { url: string; tls?: TlsOptions } {
  const shown = certificateIn(given);
  const url = given.text('url') ?? environment.RS_URL;
  if (url) return shown === null ? { url } : { url, tls: shown };
  const address = readAddress(environment);
  if (address.port === 0) {
    throw new ConfigError('RS_PORT=0 lets the server take any port: name the server with --url or RS_URL');
  }
  const { tls } = address;
  if (tls === null) return { url: urlOf(address) };
  const own =
    tls.clientCa && shown === null ? { cert: text('RS_TLS_CERT', tls.cert), key: text('RS_TLS_KEY', tls.key) } : shown;
  return { url: urlOf(address), tls: { ...own, rejectUnauthorized: false } };
}

function certificateIn(given: Words): Required<Pick<TlsOptions, 'cert' | 'key'>> | null {
  const [cert, key] = [given.text('cert'), given.text('key')];
  if ((cert === undefined) !== (key === undefined)) throw new UsageError('--cert and --key only work together');
  return cert === undefined || key === undefined ? null : { cert: text('--cert', cert), key: text('--key', key) };
}

/** Absence: null for a server without keys. */
function keyFor(given: Words, { RS_KEY_FILE, RS_KEY }: NodeJS.ProcessEnv): string | null {
  const file = given.text('key-file') ?? (RS_KEY_FILE || undefined);
  const variable = given.text('key-file') === undefined ? 'RS_KEY_FILE' : '--key-file';
  if (file !== undefined) return (file === '-' ? readFileSync(0, 'utf8') : text(variable, file)).trim();
  return RS_KEY?.trim() || null;
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'there is no such file',
  EACCES: 'this account may not read it',
  EISDIR: 'it is a folder',
};

/** `variable`: what names the path, or an option. Errors: ConfigError. */
function text(variable: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code = 'unknown fault' } = error as NodeJS.ErrnoException;
    throw new ConfigError(visible(`${variable}: ${path} cannot be read: ${REASONS[code] ?? code}`));
  }
}
