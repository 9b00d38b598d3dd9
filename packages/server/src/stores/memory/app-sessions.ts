/** The sessions of an app in memory, and those of them that are live. */
import { readIdCursor, writeIdCursor } from '../../core/cursor.ts';
import { isLive } from '../../core/expiry.ts';
import type { Credential, Session } from '../../core/session.ts';
import type { Count, Selector } from '../../core/store.ts';
import type { RecordsPage, StoredSession } from '../../core/stored-session.ts';
import { isReused, opens, type TokenRef } from '../../core/token.ts';

/** A part of a walk ends with the session that makes its data longer than this. Units: characters. */
const MOST_DATA = 1_048_576;

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

/** Gives the id of the session whose present token is the alias of a credential. Absence: null. */
export function ownerOf(app: AppSessions, { hash, alias }: Credential): string | null {
  const owner = alias ? app.aliases.get(hash) : undefined;
  return owner !== undefined && app.byId.get(owner)?.credential.hash === hash ? owner : null;
}

/** Counts the sessions seen since an instant, and their subjects. */
export function countOf(app: AppSessions, since: number, now: number): Count {
  const active = allLive(app, now).filter((session) => session.lastSeenAt >= since);
  const subjects = new Set(active.map((session) => session.subject).filter((subject) => subject !== null));
  return { sessions: active.length, subjects: subjects.size };
}

/** As SessionStore.records. */
export function recordsOf(app: AppSessions, cursor: string | null, limit: number, now: number): RecordsPage {
  const { id: after } = readIdCursor(cursor);
  const all = [...app.byId.values()].filter(({ session }) => session.id > after && isLive(session, now));
  all.sort((a, b) => (a.session.id < b.session.id ? -1 : 1));
  const records: StoredSession[] = [];
  for (let data = 0; records.length < Math.min(limit, all.length) && data <= MOST_DATA; ) {
    const { session, credential } = all[records.length]!;
    records.push({ session, credential });
    data += session.data.length;
  }
  return { records, cursor: all.length > records.length ? writeIdCursor(records.at(-1)!.session) : null };
}

/** Adds a session, with the ways to it. */
export function enter(app: AppSessions, entry: Entry): void {
  const { session, credential } = entry;
  app.byId.set(session.id, entry);
  if (session.subject !== null) {
    const ids = app.bySubject.get(session.subject) ?? new Set();
    app.bySubject.set(session.subject, ids.add(session.id));
  }
  // A token that was replaced may be another session's by now.
  for (const { hash, alias } of credential.previous) {
    if (alias && !app.aliases.has(hash)) app.aliases.set(hash, session.id);
  }
  if (credential.alias) app.aliases.set(credential.hash, session.id);
}

/** Removes a session, with the ways to it, and gives it. Absence: null. */
export function leave(app: AppSessions, id: string): Session | null {
  const entry = app.byId.get(id);
  if (entry === undefined) return null;
  const { session, credential } = entry;
  app.byId.delete(id);
  for (const { hash, alias } of [credential, ...credential.previous]) {
    if (alias && app.aliases.get(hash) === id) app.aliases.delete(hash);
  }
  if (session.subject === null) return session;
  const ids = app.bySubject.get(session.subject);
  ids?.delete(id);
  if (ids?.size === 0) app.bySubject.delete(session.subject);
  return session;
}

/** Tells whether an app has as many sessions as its quota. What has expired takes no room, and goes when it is in the way. */
export function isFull(app: AppSessions, quota: number, now: number): boolean {
  if (app.byId.size < quota) return false;
  for (const { session } of app.byId.values()) if (!isLive(session, now)) leave(app, session.id);
  return app.byId.size >= quota;
}

/**
 * Finds the session of a token: by the id in the token; if it is not there (it moved, or never was), by its alias. `onReuse`:
 * told when the token is one that a rotation has replaced, after its grace.
 */
export function openedBy(
  app: AppSessions,
  token: TokenRef,
  now: number,
  onReuse: (session: Session) => void,
): Entry | null {
  for (const id of [token.id, app.aliases.get(token.hash)]) {
    const entry = id == null ? null : live(app, id, now);
    if (entry === null) continue;
    if (opens(entry.credential, token, now)) return entry;
    if (isReused(entry.credential, token, now)) onReuse(entry.session);
  }
  return null;
}

/** Gives the ids of the sessions that a selector means. `open` finds the session of a token. */
export function selected(
  app: AppSessions,
  selector: Selector,
  open: (token: TokenRef) => Entry | null,
  now: number,
): string[] {
  switch (selector.by) {
    case 'token': {
      const entry = open(selector.token);
      return isAtVersion(entry, selector.version) ? [entry.session.id] : [];
    }
    case 'id':
      return isAtVersion(live(app, selector.id, now), selector.version) ? [selector.id] : [];
    case 'subject':
      return ofSubject(app, selector.subject, now)
        .map((session) => session.id)
        .filter((id) => id !== selector.except);
    case 'app':
      return allLive(app, now).map((session) => session.id);
  }
}

function isAtVersion(entry: Entry | null, version: number | undefined): entry is Entry {
  return entry !== null && (version === undefined || version === entry.session.version);
}

/** Gives every key of an app, as text. */
export function linesOf(name: string, { byId, bySubject, aliases }: AppSessions): string[] {
  return [
    ...[...byId.values()].map((entry) => `session ${name} ${JSON.stringify(entry)}`),
    ...[...bySubject].map(([subject, ids]) => `subject ${name} ${subject} ${[...ids]}`),
    ...[...aliases].map(([hash, id]) => `alias ${name} ${hash} ${id}`),
  ];
}
