/**
 * The verbs for callers who may know of sessions and not of their data: it is taken out of what the verbs give, so that no route can
 * show it, whole or a part of it. What a verb decides by is the session as it is: a change goes on to keep the data that it does not name.
 */
import { ServiceError } from './errors.ts';
import { HIDDEN_DATA, type Session } from './session.ts';
import type { Sessions } from './sessions.ts';

/** Gives verbs that do what those of `sessions` do. */
export function withoutData(sessions: Sessions): Sessions {
  const covered = {
    create: (...args) => hide(sessions.create(...args), one),
    get: (...args) => hide(sessions.get(...args), maybe),
    lookFor: (...args) => hide(sessions.lookFor(...args), maybe),
    getMany: (...args) => hide(sessions.getMany(...args), (visits) => visits.map(maybe)),
    find: (...args) => hide(sessions.find(...args), maybe),
    update: (...args) => hide(sessions.update(...args), maybe),
    bind: (...args) => hide(sessions.bind(...args), maybe),
    replace: (...args) => hide(sessions.replace(...args), one),
    rotate: (...args) => hide(sessions.rotate(...args), maybe),
    lock: (...args) => hide(sessions.lock(...args), maybe),
    list: (...args) => hide(sessions.list(...args), many),
    bySubject: (...args) => each(sessions.bySubject(...args)),
    activeWithin: (...args) => each(sessions.activeWithin(...args)),
  } satisfies Partial<Sessions>;
  return Object.assign(Object.create(sessions) as Sessions, covered);
}

function bare(session: Session): Session {
  return { ...session, data: HIDDEN_DATA };
}

function one<T extends { readonly session: Session | null }>(found: T): T {
  return { ...found, session: found.session && bare(found.session) };
}

function maybe<T extends { readonly session: Session | null }>(found: T | null): T | null {
  return found && one(found);
}

function many<T extends { readonly sessions: readonly Session[] }>(page: T): T {
  return { ...page, sessions: page.sessions.map(bare) };
}

/** An error may carry sessions, too. */
async function hide<T>(answer: Promise<T>, without: (answer: T) => T): Promise<T> {
  try {
    return without(await answer);
  } catch (error) {
    if (!(error instanceof ServiceError) || error.sessions === undefined) throw error;
    const { code, message, field, faults, check, cause } = error;
    const details = { check, cause, ...(field !== undefined && { field }), ...(faults !== undefined && { faults }) };
    throw new ServiceError(code, message, { ...details, sessions: error.sessions.map(bare) });
  }
}

async function* each<T extends { readonly sessions: readonly Session[] }>(
  batches: AsyncGenerator<T, void, void>,
): AsyncGenerator<T, void, void> {
  for await (const batch of batches) yield many(batch);
}
