/**
 * Who calls: the application behind an API key, and what it may do. Not an end user: those are subjects and never call.
 * No scope implies another: a key that may end a whole app (`admin`) cannot read a session unless it says so.
 */

/**
 * What a caller must be allowed to: `verify` (read by token, introspect), `read` (lists, ids, activity), `write` (create,
 * update, touch, rotate), `revoke` (one session, or those of a subject), `admin` (a whole app, all apps). `data` (the data of
 * sessions) counts in the console alone: elsewhere who may read a session reads all of it.
 */
export const SCOPES = ['verify', 'read', 'write', 'revoke', 'admin', 'data'] as const;

export type Scope = (typeof SCOPES)[number];

export interface Principal {
  /** The name of the key: safe to log. */
  readonly name: string;
  /** `*`: all apps, those that do not exist yet included. */
  readonly apps: ReadonlySet<string> | '*';
  readonly scopes: ReadonlySet<Scope>;
}

export function mayUse(principal: Principal, app: string): boolean {
  return principal.apps === '*' || principal.apps.has(app);
}
