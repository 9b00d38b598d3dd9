/** How much is logged. */
import type { Variable } from './variable.ts';

export type LogLevel = (typeof LOG_LEVELS)[number];

const LOG_LEVELS = ['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const;
const MORGAN_FORMATS = ['combined', 'common', 'dev', 'short', 'tiny'];

export const LOG_VARIABLES = {
  logLevel: {
    name: 'RS_LOGLEVEL',
    type: 'text',
    unit: '',
    default: 'info',
    allowed: `none, a level (${LOG_LEVELS.slice(1).join(', ')}) or, for a line about each request, ${MORGAN_FORMATS.join(', ')}`,
    sentence:
      'How much is logged. A level logs events from that one on; a line about each request is of level debug. The names of morgan formats, which the predecessor used, are level info with a line about each request. Errors of the server are always logged, unless none.',
  },
} as const satisfies Record<string, Variable>;

/** Gives what RS_LOGLEVEL means. Absence: undefined for what is not allowed. */
export function logging(text: string): { logLevel: LogLevel; logRequests: boolean } | undefined {
  if (text === 'none') return { logLevel: 'silent', logRequests: false };
  if (MORGAN_FORMATS.includes(text)) return { logLevel: 'info', logRequests: true };
  const level = LOG_LEVELS.slice(1).find((known) => known === text);
  return level && { logLevel: level, logRequests: level === 'debug' || level === 'trace' };
}
