/** How much is logged. */
import type { Read, Variable } from './variable.ts';

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
  auditLog: {
    name: 'RS_AUDIT_LOG',
    type: 'file',
    unit: 'JSON lines',
    default: '',
    allowed: 'stderr, or a file in a folder that is there',
    sentence:
      'Where it is written who ended sessions of others or a whole app, who was refused, and what a reload changed of policy and keys. Each line is on the disk before the answer; where it cannot be written, such requests are 503 and nothing is done. Opened anew on SIGHUP. Not set: no audit log.',
  },
} as const satisfies Record<string, Variable>;

/** Gives what RS_LOGLEVEL means. Absence: undefined for what is not allowed. */
export function logging(text: string): { logLevel: LogLevel; logRequests: boolean } | undefined {
  if (text === 'none') return { logLevel: 'silent', logRequests: false };
  if (MORGAN_FORMATS.includes(text)) return { logLevel: 'info', logRequests: true };
  const level = LOG_LEVELS.slice(1).find((known) => known === text);
  return level && { logLevel: level, logRequests: level === 'debug' || level === 'trace' };
}

/** Gives where the audit log goes: `stderr`, or a path. Absence: null when there is none. */
export function readAuditLog(read: Read): string | null {
  // A file can never be called by a path that ends like one of a folder.
  return read(LOG_VARIABLES.auditLog, (text) => (/\/$|\0/.test(text) ? undefined : text)) || null;
}
