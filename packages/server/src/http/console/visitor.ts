/** Who is logged in, by the cookie of a request. */
import { ServiceError } from '../../core/errors.ts';
import type { Console, ConsoleSession } from '../message/console.ts';
import type { Call } from '../message/route.ts';
import { shownIn } from './cookie.ts';

/** A request of the page that no person has asked for, as a refresh in the background, has this: it is no activity. */
const BACKGROUND = 'console-background';
export const NO_CERTIFICATES: readonly string[] = [];

/** Gives who is logged in. `slide`: whether the request is activity, unless it says otherwise. Errors: `unauthorized`. */
export async function visitorOf(c: Call, console: Console, slide: boolean, now: number): Promise<ConsoleSession> {
  const shown = shownIn(c);
  const slides = slide && c.req.header(BACKGROUND) === undefined;
  const session = shown && (await console.find(shown, c.env.certificates ?? NO_CERTIFICATES, slides, now));
  if (session === null) throw new ServiceError('unauthorized', 'nobody is logged in to the console, or not any more');
  c.env.principal = session.principal;
  if (c.env.trace !== undefined) c.env.trace.key = session.principal.name;
  return session;
}
