/**
 * Which sessions of an app: by what its server can look up (subject, activity), and by the rest of a session, which is looked at here, page
 * by page. A filter of a session that has no such member does not match it.
 */
import { BlockList, isIP } from 'node:net';
import type { Session, SessionPage } from 'rest-sessions-client/admin';
import { UsageError, type Words } from '../arguments.ts';
import { spanIn } from './spans.ts';
import type { Work } from './work.ts';

/** The most that a server gives at once. */
export const PAGE = 1000;

export interface Filters {
  /** What the server looks up. */
  readonly query: { readonly subject?: string; readonly activeWithin?: number };
  /** Whether the rest is as asked for. */
  readonly matches: (session: Session) => boolean;
  /** Whether there is a rest. */
  readonly looks: boolean;
  /** Whether anything was asked for. */
  readonly any: boolean;
  /** In words, after `sessions`: ` of u1, from 203.0.113.7`. */
  readonly words: string;
}

/** Reads them. `now`: units milliseconds since 1970. Errors: UsageError. */
export function filtersIn(given: Words, now: number): Filters {
  const [subject, ip, userAgent, label] = ['subject', 'ip', 'user-agent', 'label'].map((name) => given.text(name));
  const [activeWithin, olderThan, idleFor] = ['active-within', 'older-than', 'idle-for'].map((name) =>
    spanIn(given, name),
  );
  const tests: ((session: Session) => boolean)[] = [];
  const words: string[] = [];
  const take = <Value>(value: Value | undefined, name: string, test: ((value: Value) => (typeof tests)[0]) | null) => {
    if (value === undefined) return;
    words.push(`--${name} ${given.text(name)}`);
    if (test !== null) tests.push(test(value));
  };
  take(subject, 'subject', null);
  take(activeWithin, 'active-within', null);
  take(ip, 'ip', isFrom);
  take(userAgent, 'user-agent', (part) => (session) => has(session.userAgent, part));
  take(label, 'label', (part) => (session) => has(session.label, part));
  take(olderThan, 'older-than', (span) => (session) => Date.parse(session.createdAt) < now - span);
  take(idleFor, 'idle-for', (span) => (session) => Date.parse(session.lastSeenAt) < now - span);
  return {
    query: {
      ...(subject !== undefined && { subject }),
      ...(activeWithin !== undefined && { activeWithin: activeWithin / 1000 }),
    },
    matches: (session) => tests.every((test) => test(session)),
    looks: tests.length > 0,
    any: words.length > 0,
    words: words.length === 0 ? '' : ` (${words.join(' ')})`,
  };
}

/**
 * Goes through the sessions that match, the latest activity first, and holds one page. `most`: how many are wanted. Who is active meanwhile
 * moves to the front, behind the walker, and may not be met (everyMatching).
 */
export async function* matching(
  work: Work,
  { query, matches, looks }: Filters,
  { most = Number.POSITIVE_INFINITY }: { most?: number | undefined } = {},
): AsyncGenerator<Session, void, undefined> {
  let left = most;
  for await (const sessions of pages(work, () => ({ ...query, limit: looks ? PAGE : Math.min(PAGE, most) }))) {
    for (const session of sessions) {
      if (!matches(session)) continue;
      yield session;
      if (--left === 0) return;
    }
  }
}

/** Goes through the list page by page. `asked`: what a page is asked for by, told anew for each. */
export async function* pages(
  work: Work,
  asked: () => Filters['query'] & { readonly limit: number },
): AsyncGenerator<readonly Session[], void, undefined> {
  let cursor: string | null = null;
  do {
    const from: string | null = cursor;
    const page: SessionPage = await work.ask(() => work.app.list({ ...asked(), cursor: from }));
    yield page.sessions;
    cursor = page.cursor;
  } while (cursor !== null);
}

/** Whether a text has a part, in any case of letters. */
function has(text: string | null, part: string): boolean {
  return text?.toLowerCase().includes(part.toLowerCase()) ?? false;
}

/** `address`: one, or a network as 203.0.113.0/24. Errors: UsageError. */
function isFrom(address: string): (session: Session) => boolean {
  const [network = '', bits, ...more] = address.split('/');
  const family = isIP(network);
  if (family === 0 || more.length > 0 || (bits !== undefined && !/^\d{1,3}$/.test(bits))) {
    throw new UsageError('--ip must be an address, or a network as 203.0.113.0/24');
  }
  const list = new BlockList();
  const type = family === 4 ? 'ipv4' : 'ipv6';
  try {
    list.addSubnet(network, bits === undefined ? (family === 4 ? 32 : 128) : Number(bits), type);
  } catch {
    throw new UsageError(`--ip: a network of ${family === 4 ? 'IPv4 has 0 to 32' : 'IPv6 has 0 to 128'} bits`);
  }
  return ({ ip }) => {
    const kind = ip === null ? 0 : isIP(ip);
    return kind !== 0 && list.check(ip!, kind === 4 ? 'ipv4' : 'ipv6');
  };
}
