/** Where the server listens, and how it reads what it hears. */
import { HOST, number, type Read, type Variable } from './variable.ts';

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
    sentence: 'The address to listen on. Any other than loopback also needs API keys, or RS_AUTH.',
  },
  fastLane: {
    name: 'RS_FAST_LANE',
    type: 'text',
    unit: '',
    default: 'on',
    allowed: 'on or off',
    sentence:
      'Whether plain reads of a session (GET /APP/get/TOKEN and GET /v1/apps/APP/session), and plain classic creates and sets, take a shorter way through the server. It does and answers the same; off is for finding out whether a fault lies there.',
  },
} as const satisfies Record<string, Variable>;

/** Reads address and port. Errors: ConfigError. */
export function readListening(read: Read): { host: string; port: number } {
  return {
    host: read(LISTENING_VARIABLES.host, (text) => (HOST.test(text) ? text : undefined)),
    port: read(LISTENING_VARIABLES.port, (text) => number(text, /^\d{1,5}$/, 0, 65_535)),
  };
}

/** Tells whether plain requests take the fast lane. Errors: ConfigError. */
export function readFastLane(read: Read): boolean {
  return read(LISTENING_VARIABLES.fastLane, (text) => (text === 'on' ? true : text === 'off' ? false : undefined));
}
