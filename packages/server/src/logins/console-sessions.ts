/**
 * The sessions of those who are logged in to the console, in the server's own store: in the app `_console`, which no route and no
 * key can name. A session holds who it is of, what it depends on (the mark of the key or the password) and which cookie it began
 * with; never a key, a scope or an app: what may be done is asked of who is in force (people.ts).
 */
import { expiresAt } from '../core/expiry.ts';
import type { Session } from '../core/session.ts';
import type { Sessions } from '../core/sessions.ts';
import { CONSOLE_APP, checkSubject } from '../core/validate.ts';
import type { ConsoleSession, CookieKind, Shown, Way } from '../http/message/console.ts';
import type { Person } from './people.ts';
import { CONSOLE_POLICY } from './policy.ts';

/** What is kept of a login. */
interface Kept {
  readonly mark: string;
  readonly cookie: CookieKind;
}

export interface Found {
  readonly way: Way;
  readonly name: string;
  readonly mark: string;
  readonly session: Session;
}

export class ConsoleSessions {
  private readonly sessions: Sessions;

  /** `sessions`: under CONSOLE_POLICY. */
  constructor(sessions: Sessions) {
    this.sessions = sessions;
  }

  /** Begins one, and gives its token: the only time it is shown. */
  async begin(person: Person, cookie: CookieKind, now: number): Promise<{ token: string; session: ConsoleSession }> {
    const { idleTimeout, absoluteTimeout } = CONSOLE_POLICY;
    const kept: Kept = { mark: person.mark, cookie };
    const draft = {
      app: CONSOLE_APP,
      subject: subjectOf(person.way, person.principal.name),
      ...{ idleTimeout, absoluteTimeout, data: JSON.stringify(kept) },
    };
    const { token, session } = await this.sessions.create({ ...draft, tokenKind: 'classic' }, now);
    return { token, session: consoleSession(person, session) };
  }

  /** Absence: null for what opens nothing, or comes in the other cookie. */
  async find({ token, kind }: Shown, slide: boolean, now: number): Promise<Found | null> {
    const visit = await this.sessions.get(CONSOLE_APP, token, slide ? 'slide' : 'look', now);
    if (visit === null) return null;
    const { session } = visit;
    const { mark, cookie } = JSON.parse(session.data) as Kept;
    const [, way = '', name = ''] = /^(\w+):(.*)$/.exec(session.subject ?? '') ?? [];
    return cookie === kind ? { way: way as Way, name, mark, session } : null;
  }

  async end(token: string, now: number): Promise<void> {
    await this.sessions.revokeByToken(CONSOLE_APP, token, now);
  }

  /** Ends all of somebody, and gives how many. */
  endAll(way: Way, name: string, now: number): Promise<number> {
    return this.sessions.revoke(CONSOLE_APP, { by: 'subject', subject: subjectOf(way, name) }, now);
  }
}

function subjectOf(way: Way, name: string) {
  return checkSubject(`${way}:${name}`);
}

export function consoleSession({ way, principal, mark }: Person, session: Session): ConsoleSession {
  const { idleTimeout, absoluteExpiresAt } = session;
  const ends = expiresAt(session);
  return { way, principal, mark, idleTimeout: idleTimeout!, expiresAt: ends, absoluteExpiresAt: absoluteExpiresAt! };
}
