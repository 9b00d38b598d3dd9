/** How the store of Express is set up. Options of connect-redis have the same meaning here, or are refused with the reason. */
import type { SharedSessionsOptions } from '../framework/shared-sessions.ts';

/** A session as the frameworks have it: the data, and a cookie beside it. */
// biome-ignore lint/suspicious/noExplicitAny: what an application keeps in a session is its own
export type FrameworkSession = { cookie?: any; [key: string]: any };

/** How long a session lasts without activity. Units: seconds. */
export type Ttl = number | ((session: FrameworkSession) => number);

export interface SessionStoreOptions extends SharedSessionsOptions<FrameworkSession> {
  /** For sessions whose cookie has no end of its own; a function has the last word for all. Default: as the policy of the app says. */
  readonly ttl?: Ttl | undefined;
}

/** Options of connect-redis that have no meaning here, and what to do instead. */
const REFUSED: Readonly<Record<string, string>> = {
  client: 'sessions are on the server: give url and app',
  prefix: 'each application has an app of its own on the server: give app',
  scanCount: 'all() and ids() read in pages by themselves',
  serializer: 'sessions are JSON, which other stacks read, too',
  disableTTL: 'set idleTimeout in the policy of the app',
};

/** Looks for what is wrong. Errors: TypeError. */
export function checkStoreOptions(options: SessionStoreOptions): void {
  for (const [name, reason] of Object.entries(REFUSED)) {
    if ((options as unknown as Record<string, unknown>)[name])
      throw new TypeError(`RestSessionStore has no option ${name}: ${reason}`);
  }
  const { ttl } = options;
  if (ttl !== undefined && typeof ttl !== 'function' && !(typeof ttl === 'number' && ttl > 0))
    throw new TypeError('ttl must be a number of seconds above 0, or a function that gives one');
}
