/** The sessions of an app in memory, and those of them that are live. */
import { isLive } from '../../core/expiry.ts';
import type { Credential, Session } from '../../core/session.ts';

export interface Entry {
  session: Session;
  credential: Credential;
}

/** The sessions of one app, by id; and the two ways to them that are not the id. */
export interface AppSessions {
  readonly byId: Map<string, Entry>;
  readonly bySubject: Map<string, Set<string>>;
  /** Hash of a token that does not say where its session is → session id. */
  readonly aliases: Map<string, string>;
}

export function noSessions(): AppSessions {
  return { byId: new Map(), bySubject: new Map(), aliases: new Map() };
}

export function live(app: AppSessions, id: string, now: number): Entry | null {
  const entry = app.byId.get(id);
  return entry !== undefined && isLive(entry.session, now) ? entry : null;
}

export function allLive(app: AppSessions, now: number): Session[] {
  return [...app.byId.values()].map((entry) => entry.session).filter((session) => isLive(session, now));
}

export function ofSubject(app: AppSessions, subject: string, now: number): Session[] {
  const ids = app.bySubject.get(subject) ?? [];
  return [...ids].map((id) => app.byId.get(id)!.session).filter((session) => isLive(session, now));
}
