/**
 * The rules an app's sessions live under. Where they come from (the defaults here, the policy file in policy/) is behind
 * PolicySource. They act when something is decided: a session keeps the timeouts that it was given.
 */

import type { EventType, JournalRules } from './events.ts';

/** Units: milliseconds, bytes and characters. Absence: null means none. */
export interface Policy {
  /** For a create that names none. It is null only where there is an absolute timeout, because every session must end. */
  readonly idleTimeout: number | null;
  readonly minIdleTimeout: number;
  readonly maxIdleTimeout: number;
  readonly absoluteTimeout: number | null;
  readonly maxAbsoluteTimeout: number | null;
  /** For a classic create. 2.x had no absolute timeout, so there is none unless the policy file sets or bounds one. */
  readonly classicAbsoluteTimeout: number | null;
  readonly maxSessionsPerSubject: number | null;
  readonly onLimit: OnLimit;
  /** The quota of the whole app. */
  readonly maxSessions: number | null;
  /** Of the data of one session, as compact UTF-8 text. */
  readonly maxDataBytes: number;
  /** Of a token that the caller has chosen. */
  readonly minCallerTokenLength: number;
  /** How long the old token still reads after a rotation that asks for nothing else. */
  readonly rotationGrace: number;
  /** Whether the classic routes serve the app. */
  readonly classic: boolean;
  /** Whether the app has a journal of events. It has one, too, where it has webhooks or a history. */
  readonly events: boolean;
  /** Whether a change of a session is an event. */
  readonly updateEvents: boolean;
  /** How long the history of a subject keeps what has ended. Null: there is no history. */
  readonly history: number | null;
  readonly webhooks: readonly WebhookPolicy[];
  /** The cookie that carries the token in the end user's browser. Null: the pages write it themselves. */
  readonly cookie: CookiePolicy | null;
}

/** Somebody who is told of events by HTTP. */
export interface WebhookPolicy {
  /** Names it in the API, the command and the log; one of each name for an app. */
  readonly name: string;
  /** `events` (Standard Webhooks) or `backchannel-logout` (OpenID Connect Back-Channel Logout 1.0). */
  readonly kind: 'events' | 'backchannel-logout';
  readonly url: string;
  /** What it is told of. Null: everything. */
  readonly types: readonly EventType[] | null;
  /** Where its secrets are, the current one first: of `events` texts `whsec_…`, of `backchannel-logout` one private key. */
  readonly secrets: readonly SecretPlace[];
  /** The most events in one request; 1 sends each alone. */
  readonly batch: number;
  /** Nothing is sent, and it holds nothing in the journal back. */
  readonly paused: boolean;
  /** Of `backchannel-logout`: what the token says of `iss` and `aud`. Absence: null. */
  readonly issuer: string | null;
  readonly audience: string | null;
}

/** Where a secret is: in a variable of the environment, or in a file, whose path may be relative to the folder of the policy file. */
export type SecretPlace = { readonly env: string } | { readonly file: string };

/** The attributes of a cookie (RFC 6265bis). Its path is always `/`, and no script may read it. */
export interface CookiePolicy {
  readonly name: string;
  /** Absence: null when it is for the host alone that sets it. */
  readonly domain: string | null;
  readonly sameSite: SameSite;
  readonly secure: boolean;
  /** Whether it outlives the browser. */
  readonly persistent: boolean;
}

export type SameSite = (typeof SAME_SITE)[number];
export const SAME_SITE = ['Strict', 'Lax', 'None'] as const;

/** What a create does when its subject already has as many sessions as allowed. */
export type OnLimit = (typeof ON_LIMIT)[number];
export const ON_LIMIT = ['revokeOldest', 'revokeLeastRecentlyUsed', 'refuse'] as const;

const SECOND = 1000;

/** Clients ask for years ("remember me"); the largest value they could ever send was a signed 32-bit integer. */
export const MAX_TIMEOUT = 2_147_483_647 * SECOND;

export const DEFAULT_POLICY: Policy = Object.freeze({
  idleTimeout: 7200 * SECOND,
  minIdleTimeout: 10 * SECOND,
  maxIdleTimeout: MAX_TIMEOUT,
  absoluteTimeout: 2_592_000 * SECOND,
  maxAbsoluteTimeout: null,
  classicAbsoluteTimeout: null,
  maxSessionsPerSubject: null,
  onLimit: 'revokeOldest',
  maxSessions: null,
  maxDataBytes: 65_536,
  minCallerTokenLength: 22,
  rotationGrace: 10 * SECOND,
  classic: true,
  events: false,
  updateEvents: false,
  history: null,
  webhooks: [],
  cookie: null,
});

/** Tells what a store keeps of an app with this policy. Absence: null. */
export function journalRulesOf({ events, updateEvents, history, webhooks }: Policy): JournalRules | null {
  if (!events && history === null && webhooks.length === 0) return null;
  return { events: true, updates: updateEvents, history };
}

/**
 * Gives the policy of an app. It may be another one at the next call: take it once per request.
 * Errors: `app_not_found` when only the apps of the policy file are served (`strictApps`) and this is none of them.
 */
export type PolicySource = (app: string) => Policy;
