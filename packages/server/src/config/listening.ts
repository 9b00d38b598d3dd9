/** Where the server listens, and what it takes to serve more than this machine. */
import { ConfigError, HOST, number, quote, type Read, type Variable } from './variable.ts';

export const LISTENING_VARIABLES = {
  port: {
    name: 'RS_PORT',
    type: 'integer',
    unit: 'TCP port',
    default: '3000',
    allowed: 'a whole number from 0 to 65535',
    sentence: 'The port to listen on. 0 takes any free one; the start message names it.',
  },
  host: {
    name: 'RS_HOST',
    type: 'text',
    unit: 'IP address or host name',
    default: '127.0.0.1',
    allowed: 'an IP address or a host name',
    sentence: 'The address to listen on. Any other than loopback also needs RS_AUTH.',
  },
  auth: {
    name: 'RS_AUTH',
    type: 'text',
    unit: '',
    default: '',
    allowed: '"none", or not set',
    sentence:
      'Set it to "none" to serve an address other than loopback without authentication: whoever reaches the port can then read, change and end every session. API keys come in a later version.',
  },
} as const satisfies Record<string, Variable>;

/** Reads address and port. Errors: ConfigError. */
export function readListening(read: Read): { host: string; port: number } {
  const host = read(LISTENING_VARIABLES.host, (text) => (HOST.test(text) ? text : undefined));
  const auth = read(LISTENING_VARIABLES.auth, (text) => (text === '' || text === 'none' ? text : undefined));
  if (!isLoopback(host) && auth !== 'none') {
    throw new ConfigError(
      `RS_HOST=${quote(host)} is not loopback, and there are no API keys in this version: whoever reaches the port could end every session; set RS_AUTH=none if only your own servers can reach it`,
    );
  }
  return { host, port: read(LISTENING_VARIABLES.port, (text) => number(text, /^\d{1,5}$/, 0, 65_535)) };
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);
}
