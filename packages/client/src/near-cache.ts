/**
 * Answers of `verify` from memory. It listens to the events of the app, and forgets a session when something has happened to it; what it
 * remembers is `maxStale` old at most, whatever becomes of the events. While they are not heard it remembers nothing, and when they are
 * heard again it begins with nothing.
 *
 * That a token opens no session is never remembered: it costs strangers nothing to make one up. Only `verify` answers from memory: other
 * reads are for those who go on to write, and what they write must not rest on what was.
 */

import type { Presented } from './call-options.ts';
import { type Hearing, subscribe } from './event-subscription.ts';
import type { Resync, SessionEventType, StreamedEvent } from './event-types.ts';
import { type Asked, type Instant, KeptSessions } from './kept-sessions.ts';
import type { NearCacheSettings } from './near-cache-options.ts';
import type { Settings } from './options.ts';
import { pause } from './pause.ts';
import { isToken } from './request-parts.ts';
import type { Session, Verified } from './types.ts';

/** After which an answer may be another one. The first event of a session is not among them: there was no answer before it. */
const TYPES: readonly SessionEventType[] = ['session.ended', 'session.rotated', 'session.updated', 'session.suspect'];
/** A session without activity ends by so much earlier at most than if each touch were told to the server. */
const PART_OF_IDLE_TIMEOUT = 1 / 10;
/** How much later than its `Date` says an answer may have been made: it has seconds, and servers may write them once for many. Units: milliseconds. */
const DATE_STEP = 2000;
/** Until the next attempt after an error that no attempt would change, such as a wrong key: an operator may. Units: milliseconds. */
const LONG_WAIT = 30_000;

const now = (): Instant => ({ steady: performance.now(), clock: Date.now() });

/** What a change is about. Absence: left out where it is not that. */
export type About = 'all' | { readonly token?: Presented; readonly id?: string; readonly subject?: string };

export class NearCache {
  private readonly settings: Settings;
  private readonly options: NearCacheSettings;
  private readonly kept: KeptSessions;
  private readonly closing = new AbortController();
  /** Absence: undefined before the first attempt. */
  private isHeard: boolean | undefined;

  constructor(settings: Settings, options: NearCacheSettings) {
    this.settings = settings;
    this.options = options;
    this.kept = new KeptSessions(options.maxEntries);
    void this.listen();
  }

  /** Gives a session from memory. Absence: null when the server must be asked. */
  find(token: string, touch: boolean): Verified | null {
    const found = this.kept.find(token, touch, now());
    if (found === null) return null;
    const { session, age } = found;
    session.staleness = { maxStale: this.options.maxStale, age, source: 'memory' };
    return session as Verified;
  }

  /** Notes that a request is sent. `settle` must follow. */
  ask(): Asked {
    return this.kept.ask(now());
  }

  settle(): void {
    this.kept.settle();
  }

  /** Keeps an answer if it may be kept. `date`: what its header says, or null. */
  keep(asked: Asked, token: string, session: Session, touch: boolean, date: string | null): void {
    const { expiresAt, idleTimeout } = session;
    // By the clock of the server alone: that of this machine may be wrong.
    const left = expiresAt === null ? Infinity : Date.parse(expiresAt) - Date.parse(date ?? '') - DATE_STEP;
    const life = Math.min(this.options.maxStale, left);
    const touchLife = !touch ? -1 : idleTimeout === null ? life : idleTimeout * 1000 * PART_OF_IDLE_TIMEOUT;
    this.kept.keep(asked, token, session, life, touchLife);
  }

  /** Forgets what this process itself has changed: it must not wait for the event. */
  forget(about: About): void {
    if (about === 'all') {
      this.kept.forgetAll();
      return;
    }
    const { token, id, subject } = about;
    if (isToken(token)) this.kept.forgetToken(token);
    if (id !== undefined) this.kept.forgetSession(id);
    if (subject !== undefined) this.kept.forgetSubject(subject);
  }

  /** Ends it: from here on the server is asked each time. */
  close(): void {
    this.closing.abort();
    this.kept.close();
  }

  private async listen(): Promise<void> {
    const { signal } = this.closing;
    const stream = { types: TYPES, after: null, resumes: false, signal, isBackground: true };
    while (!signal.aborted) {
      try {
        for await (const told of subscribe(this.settings, stream)) this.take(told);
      } catch (error) {
        if (signal.aborted) return;
        this.take({ type: 'lost', error });
        await pause(LONG_WAIT, stream).catch(() => {});
      }
    }
  }

  private take(told: StreamedEvent | Resync | Hearing): void {
    if (told.type === 'heard') {
      this.kept.open();
      this.tell(true, null);
    } else if (told.type === 'lost') {
      this.kept.close();
      this.tell(false, told.error);
    } else if (told.type === 'resync') {
      this.kept.forgetAll();
    } else {
      this.kept.forgetSession(told.data.session);
      // The id that it had before a login.
      if (told.type === 'session.rotated' && told.data.from) this.kept.forgetSession(told.data.from);
    }
  }

  /** Attempts that fail one after the other are one loss. */
  private tell(isHeard: boolean, error: unknown): void {
    if (isHeard === this.isHeard) return;
    this.isHeard = isHeard;
    this.options.onChange(isHeard, error);
  }
}
