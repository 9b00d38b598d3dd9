/** What a session of Django is here, by its values: the same for those of the table and those of a cache. */
import { type Carried, carry, type Times, timesUntil } from '../carried.ts';
import { packDjango } from '../python/sessions.ts';
import { subjectAt } from '../python/subject.ts';
import type { PyDict } from '../python/value.ts';

/** What was said of all sessions of an import. */
export interface DjangoRules {
  readonly app: string;
  /** Where the user is. */
  readonly subject: readonly string[];
  /** SESSION_COOKIE_AGE, in milliseconds. Absence: null when it was not said. */
  readonly timeout: number | null;
}

/** Where django.contrib.auth has the user. */
export const DJANGO_SUBJECT = ['_auth_user_id'];

/** `deadline`: in epoch milliseconds; null for none. */
export function carryDjango(
  rules: DjangoRules,
  token: string,
  values: PyDict,
  deadline: number | null,
  now: number,
): Carried {
  const { data, lost } = packDjango(values);
  const subject = subjectAt(values, rules.subject);
  return carry({ app: rules.app, token, subject, data, lost, times: timesOf(rules, values, deadline, now) });
}

/** A session has its own age where the application has set one (`set_expiry`): seconds, or an instant that no visit moves. */
function timesOf({ timeout }: DjangoRules, values: PyDict, deadline: number | null, now: number): Times {
  const expiry = values.get('_session_expiry');
  if (typeof expiry === 'number' && expiry > 0) return timesUntil(deadline, expiry * 1000, now);
  if (expiry === undefined || expiry === null || expiry === 0 || deadline === null)
    return timesUntil(deadline, timeout, now);
  const lastSeenAt = Math.min(now, deadline - 1);
  return { createdAt: lastSeenAt, lastSeenAt, idleTimeout: null, absoluteExpiresAt: Math.ceil(deadline) };
}
