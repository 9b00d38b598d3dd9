/** Domain ⇄ JSON: the only place with wire names and wire units. */
import { expiresAt, isFixed } from '../../core/expiry.ts';
import { pick } from '../../core/merge.ts';
import type { Policy } from '../../core/policy.ts';
import { EMPTY_DATA, HIDDEN_DATA, type Session } from '../../core/session.ts';
import { instantText } from './instant-text.ts';

/**
 * Writes the classic form of a session: compact, members in the fixed order that textual clients match. The data is the
 * stored text, not parsed and written again. `idle` in milliseconds. Of a session that use does not lengthen, `ttl` is what
 * is left of it at `at`, and `no_resave` says so: that is the form redis-sessions gives it.
 */
export function classicSession(session: Session, reads: number, idle: number, at: number): string {
  const { subject, version, idleTimeout, ip, data } = session;
  const fixed = isFixed(session);
  const ttl = fixed
    ? Math.ceil((session.absoluteExpiresAt - at) / 1000)
    : idleTimeout === null
      ? null
      : Math.floor(idleTimeout / 1000);
  const head = `{"id":${quoted(subject)},"r":${reads},"w":${version},"ttl":${ttl},"idle":${Math.floor(idle / 1000)}`;
  return `${head},"ip":${quoted(ip)}${fixed ? ',"no_resave":true' : ''}${data === EMPTY_DATA ? '' : `,"d":${data}`}}`;
}

/** What JSON writes as it is. */
const PLAIN = /^[ !#-[\]-~]*$/;

/** Writes a text as JSON does. Absence: null. */
function quoted(text: string | null): string {
  return text !== null && PLAIN.test(text) ? `"${text}"` : JSON.stringify(text);
}

/** Writes each member of a session in v1: instants by RFC 3339 in UTC, durations in seconds, the data as its text. */
const MEMBERS = {
  id: ({ id }) => quoted(id),
  app: ({ app }) => quoted(app),
  subject: ({ subject }) => quoted(subject),
  createdAt: ({ createdAt }) => instant(createdAt),
  authenticatedAt: ({ authenticatedAt }) => instant(authenticatedAt),
  lastSeenAt: ({ lastSeenAt }) => instant(lastSeenAt),
  expiresAt: (session) => instant(expiresAt(session)),
  absoluteExpiresAt: ({ absoluteExpiresAt }) => instant(absoluteExpiresAt),
  idleTimeout: ({ idleTimeout }) => String(seconds(idleTimeout)),
  version: ({ version }) => String(version),
  reads: ({ reads }) => String(reads),
  ip: ({ ip }) => quoted(ip),
  userAgent: ({ userAgent }) => quoted(userAgent),
  label: ({ label }) => quoted(label),
  data: ({ data }) => data,
} as const satisfies Record<string, (session: Session) => string>;

export type SessionMember = keyof typeof MEMBERS;
export const SESSION_MEMBERS = Object.keys(MEMBERS) as SessionMember[];

/** Which members an answer has. `data`: the paths within it; empty for all of it. */
export interface Fields {
  readonly members: readonly SessionMember[];
  readonly data: readonly string[];
}

/** Writes a session in v1, whole or the members asked for. The token is never in it, and data that is hidden has no member. */
export function sessionJson(session: Session, fields?: Fields): string {
  if (fields === undefined) return wholeJson(session);
  let text = '';
  for (const member of fields.members) {
    if (member === 'data' && session.data === HIDDEN_DATA) continue;
    const paths = member === 'data' ? fields.data : [];
    const value = paths.length > 0 ? pick(session.data, paths) : MEMBERS[member](session);
    text += `${text === '' ? '{' : ','}"${member}":${value}`;
  }
  return text === '' ? '{}' : `${text}}`;
}

/** All members at once. Each named once more, because a walk through the table takes half as long again, and nearly every read comes here. */
function wholeJson(session: Session): string {
  const { id, app, subject, createdAt, authenticatedAt, lastSeenAt, absoluteExpiresAt } = session;
  const { idleTimeout, version, reads, ip, userAgent, label, data } = session;
  const whose = `{"id":${quoted(id)},"app":${quoted(app)},"subject":${quoted(subject)}`;
  const begun = `,"createdAt":${instant(createdAt)},"authenticatedAt":${instant(authenticatedAt)}`;
  const ends = `,"lastSeenAt":${instant(lastSeenAt)},"expiresAt":${instant(expiresAt(session))}`;
  const rules = `,"absoluteExpiresAt":${instant(absoluteExpiresAt)},"idleTimeout":${seconds(idleTimeout)}`;
  const counts = `,"version":${version},"reads":${reads}`;
  const device = `,"ip":${quoted(ip)},"userAgent":${quoted(userAgent)},"label":${quoted(label)}`;
  const bare = whose + begun + ends + rules + counts + device;
  return data === HIDDEN_DATA ? `${bare}}` : `${bare},"data":${data}}`;
}

export function sessionList(sessions: readonly Session[]): string {
  return `[${sessions.map((session) => sessionJson(session)).join(',')}]`;
}

/** Writes the strong ETag of a session: its version. */
export function etag({ version }: Session): string {
  return `"${version}"`;
}

/** Writes a policy in v1: durations in seconds. */
export function policyJson(policy: Policy): string {
  const isDuration = (name: string) => /Timeout$|Grace$/.test(name);
  const history = policy.history === null ? null : { days: policy.history / DAY };
  // Where a webhook goes to may be a secret of its receiver.
  const shown = { ...policy, history, webhooks: policy.webhooks.map(({ name }) => name) };
  return JSON.stringify(shown, (name, value) => (isDuration(name) ? seconds(value as number | null) : value));
}

/** Units: milliseconds. */
const DAY = 86_400_000;

/** Units: milliseconds to seconds. */
export function seconds(duration: number | null): number | null {
  return duration === null ? null : duration / 1000;
}

/** Units: seconds to milliseconds, whole ones. */
export function milliseconds(duration: number): number {
  return Math.round(duration * 1000);
}

/** Gives a duration that a caller asked for: all that is not above nought is nought. Units: seconds to milliseconds. */
export function durationOf(duration: number | null): number | null {
  return duration === null ? null : Math.max(0, milliseconds(duration));
}

function instant(at: number | null): string {
  return at === null || at === Number.POSITIVE_INFINITY ? 'null' : `"${instantText(at)}"`;
}
