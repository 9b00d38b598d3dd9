/**
 * Requests that end sessions of others, and the audit log. A route that is audited says so in the table. Its handler says when the act
 * begins and how it went; a caller who is turned away is told of here. A server without an audit log has none of this, and pays nothing.
 */
import { type ErrorCode, ServiceError } from '../../core/errors.ts';
import type { Act, Audit, Facts, Target } from '../message/audit.ts';
import { requestIdOf } from '../message/request-id.ts';
import type { Call, Handle, Route } from '../message/route.ts';
import { pathPart } from '../message/target.ts';

const REFUSALS: ReadonlySet<ErrorCode> = new Set(['unauthorized', 'forbidden']);

/** Puts the guards of a route before an audit log. `handle`: with the guard of API keys. */
export function audited({ path, audits }: Route, handle: Handle, audit: Audit): Handle {
  if (audits === undefined) return handle;
  const parts = path.split('/');
  return async (c) => {
    c.env.audit = audit;
    try {
      return await handle(c);
    } catch (error) {
      if (error instanceof ServiceError && REFUSALS.has(error.code)) {
        await audit.refused(audits, factsOf(c, targetIn(c, parts, audits)), error.code);
      }
      throw error;
    }
  };
}

/** Does what ends sessions, or erases what is kept of them, between two lines of the audit log. `run` gives how many it has ended. */
export async function ending(c: Call, act: Act, target: Target, run: () => Promise<number>): Promise<number> {
  const { audit } = c.env;
  if (audit === undefined) return run();
  const begun = await audit.begin(act, factsOf(c, target));
  let ended: number;
  try {
    ended = await run();
  } catch (error) {
    await begun.end({ outcome: 'failed', code: error instanceof ServiceError ? error.code : 'internal_error' });
    throw error;
  }
  await begun.end({ outcome: 'done', ended });
  return ended;
}

/** Of a text in a line. What is longer is no name of anything. Units: characters. */
const LONGEST = 256;

/** Gives what a line says of a request. `target`: what it is about. */
export function factsOf(c: Call, { app, session, subject, except, webhook, reason }: Target): Facts {
  return {
    key: c.env.principal?.name ?? null,
    address: c.env.incoming?.socket?.remoteAddress?.replace(/^::ffff:(?=\d+\.)/, '') ?? null,
    requestId: requestIdOf(c),
    ...(c.env.via !== undefined && { via: c.env.via }),
    app: app.slice(0, LONGEST),
    ...(session !== undefined && { session: session.slice(0, LONGEST) }),
    ...(subject !== undefined && { subject: subject.slice(0, LONGEST) }),
    ...(except !== undefined && { except: except.slice(0, LONGEST) }),
    ...(webhook !== undefined && { webhook: webhook.slice(0, LONGEST) }),
    ...(reason !== undefined && { reason }),
  };
}

/** Gives what a request that went no further was about, as its path says. */
function targetIn(c: Call, parts: readonly string[], act: Act): Target {
  const part = (at: number) => {
    try {
      return pathPart(c, at, '');
    } catch {
      return '';
    }
  };
  const app = part(parts.indexOf(':app'));
  if (act === 'app.end') return { app };
  if (act.startsWith('webhook.')) return { app, webhook: part(parts.indexOf(':webhook')) };
  const name = part(parts.findLastIndex((text) => text === ':id' || text === ':subject'));
  return act === 'session.end' ? { app, session: name } : { app, subject: name };
}
