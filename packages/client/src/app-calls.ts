/** A call about an app: its path, its conditions and its token, as the server takes them. */
import type { Presented, RepeatableOptions } from './call-options.ts';
import { type Answer, type Call, type Method, send } from './connection.ts';
import { SessionNotFoundError } from './errors.ts';
import type { Settings } from './options.ts';
import { isToken, queryText } from './request-parts.ts';

export interface Sent {
  /** Absence: left out by calls that are about no token. Anything else is what a cookie had. */
  readonly token?: Presented;
  readonly body?: unknown;
  readonly mediaType?: string;
  readonly headers?: Record<string, string>;
  /** See Call. Default: of a session. */
  readonly answerHas?: string | null;
  /** Whether it takes an Idempotency-Key. */
  readonly repeatable?: boolean;
  /** How much longer than others it may take. Units: milliseconds. */
  readonly longer?: number;
}

/** Makes a call. Errors: SessionError and its classes; SessionNotFoundError for what is no token. */
export async function callApp(
  settings: Settings,
  method: Method,
  path: string,
  options: RepeatableOptions,
  sent: Sent = {},
): Promise<Answer> {
  const { ifVersion, signal, idempotencyKey, lock, release } = options;
  const { token, body, mediaType, repeatable = false, answerHas = 'idleTimeout', longer = 0 } = sent;
  if ('token' in sent && !isToken(token))
    throw new SessionNotFoundError('there is no such session: that is no token', null);
  const call: Call = {
    method,
    path: settings.appPath + path + queryText(release ? { release } : {}),
    signal,
    headers: {
      ...(isToken(token) && { 'Session-Token': token }),
      ...sent.headers,
      ...(lock !== undefined && { 'Session-Lock': lock }),
      ...(ifVersion !== undefined && { 'If-Match': ifVersion === 'any' ? '*' : `"${ifVersion}"` }),
      ...(repeatable && { 'Idempotency-Key': idempotencyKey ?? crypto.randomUUID() }),
    },
    body,
    ...(mediaType !== undefined && { mediaType }),
    answerHas,
    isRepeatable: repeatable || method === 'GET',
  };
  return send(longer ? { ...settings, timeout: settings.timeout + longer } : settings, call);
}
