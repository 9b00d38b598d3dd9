/**
 * A middleware for Hono, on Node, Bun and edge runtimes: `c.get('session')` is the session of the page. It is saved after the
 * handler, by the keys that changed.
 */
import { type CookieOptions, cookiesFor } from '../framework/cookie.ts';
import type { Device } from '../framework/device.ts';
import { OwnNames } from '../framework/own-names.ts';
import { PageSession } from '../framework/page-session.ts';
import { TouchTimes } from '../framework/touch-times.ts';
import { SessionClient, type SessionClientOptions } from '../index.ts';

export type { CookieOptions } from '../framework/cookie.ts';
export type { Device } from '../framework/device.ts';
export type { Login, PageSession } from '../framework/page-session.ts';

/** Without `nearCache`: nothing here answers from memory. */
export interface RestSessionsOptions extends Omit<SessionClientOptions, 'nearCache'> {
  readonly cookie?: CookieOptions | undefined;
  /** For how many seconds one read is enough to tell that someone is there. Default: 30. */
  readonly touchInterval?: number | undefined;
  /** What is known of the device of a new session. Default: its `User-Agent`. */
  readonly device?: ((c: Context) => Device) | undefined;
}

/** For the type of the application: `new Hono<RestSessionsEnv>()`. */
export type RestSessionsEnv = { Variables: { session: PageSession } };

/** What the middleware uses of Hono's context. */
interface Context {
  readonly req: { readonly url: string; header(name: string): string | undefined };
  set(key: 'session', value: PageSession): void;
  header(name: string, value: string, options: { append: boolean }): void;
}

/** Gives the middleware. Errors: TypeError for a cookie that browsers would drop, and for an option that it cannot have. */
export function restSessions({ cookie, touchInterval, device = deviceOf, ...options }: RestSessionsOptions) {
  if ((options as SessionClientOptions).nearCache !== undefined) {
    throw new TypeError(
      'restSessions has no option nearCache: a page may write; give it to a SessionClient, and ask its verify',
    );
  }
  const client = new SessionClient(options);
  const site = { client, touches: new TouchTimes(touchInterval), names: new OwnNames('_hono') };
  const cookieFor = cookiesFor(cookie);
  return async (c: Context, next: () => Promise<void>): Promise<void> => {
    const carrier = cookieFor(c.req.url.startsWith('https:'));
    const token = carrier.tokenIn(c.req.header('Cookie'));
    const session = await PageSession.open(site, carrier, token, device(c));
    c.set('session', session);
    await next();
    await session.save();
    if (session.setCookie !== null) c.header('Set-Cookie', session.setCookie, { append: true });
  };
}

function deviceOf({ req }: Context): Device {
  return { userAgent: req.header('User-Agent') };
}
