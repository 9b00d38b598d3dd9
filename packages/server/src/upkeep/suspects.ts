/**
 * Tells in the journal of an app that a token was used which a rotation had replaced. Whoever has an old token tries it again and again, so
 * a session is told of once a minute by each process: that is enough to act on, and cannot fill a journal. The store tells of it while it
 * answers a request, which waits for nothing of this, and goes on as it would when it fails.
 */
import type { JournalSource } from '../core/events.ts';
import type { SessionStore } from '../core/store.ts';
import { Reminder } from '../limits/reminder.ts';

export interface SuspectsOptions {
  readonly store: Pick<SessionStore, 'find' | 'journal'>;
  readonly rules: JournalSource;
  readonly clock: () => number;
  readonly onError: (error: unknown) => void;
}

/** Gives what is to be called with the app and the id of a session whose replaced token was presented. */
export function suspectsOf({ store, rules, clock, onError }: SuspectsOptions): (app: string, id: string) => void {
  const reminder = new Reminder();
  return (app, id) => {
    if (rules(app)?.events !== true || !reminder.isDue(`${app} ${id}`, clock())) return;
    // The store may be within a transaction.
    setImmediate(() => void tell({ store, clock }, app, id).catch(onError));
  };
}

/** What is known of the session is told. Of who presented the token nothing is: no request has that. One that has ended is no suspect. */
async function tell({ store, clock }: Pick<SuspectsOptions, 'store' | 'clock'>, app: string, id: string) {
  const session = (await store.find(app, id, clock()))?.session;
  if (session === undefined) return;
  const { subject, version, ip, userAgent } = session;
  const context = { ip, userAgent, presentedIp: null, presentedUserAgent: null };
  await store.journal.append(app, { type: 'session.suspect', session: id, subject, version, ...context }, clock());
}
