/** What a store brings to the conformance suite, and how the sections make sessions. Time is an argument: no sleeps. */
import type { JournalSource } from '../../src/core/events.ts';
import type { Credential, Session } from '../../src/core/session.ts';
import type { Cap, CreateOutcome, SessionStore } from '../../src/core/store.ts';
import { newSessionId, newToken, parseToken, type TokenRef } from '../../src/core/token.ts';
import type { Cleanup } from '../support/server.ts';

export interface StoreUnderTest {
  readonly store: SessionStore;
  /** Every key and value in the store, as text: empty when nothing is left behind. */
  readonly contents: () => Promise<string[]> | string[];
  /** What an audit of keys against sessions finds wrong: index entries without a session, and the other way round. */
  readonly faults: () => Promise<string[]> | string[];
  /** Ids of the sessions whose replaced token was presented after its grace, as the store told. */
  readonly reused: readonly string[];
}

/** Opens an empty store that is closed with the test. `journal`: what it keeps of each app; nothing when it is left out. */
export type OpenStore = (cleanup: Cleanup, journal?: JournalSource) => Promise<StoreUnderTest>;

/** An instant to start from; tests add to it. */
export const T0 = 1_800_000_000_000;
export const SECOND = 1000;
export const HOUR = 3_600_000;
export const APP = 'shop';

export interface Made {
  readonly session: Session;
  readonly credential: Credential;
  readonly token: string;
  readonly ref: TokenRef;
}

/** Makes a session record and its token, not stored yet. */
export function make(overrides: Partial<Session> = {}): Made {
  const subject = overrides.subject === undefined ? 'user123' : overrides.subject;
  const id = overrides.id ?? newSessionId(subject);
  const { token, credential } = newToken(id, 'classic');
  const createdAt = overrides.createdAt ?? T0;
  const session: Session = {
    id,
    app: APP,
    subject,
    createdAt,
    authenticatedAt: subject === null ? null : createdAt,
    lastSeenAt: createdAt,
    idleTimeout: HOUR,
    absoluteExpiresAt: null,
    version: 1,
    reads: 1,
    ip: '192.168.99.22',
    userAgent: null,
    label: null,
    data: '{}',
    ...overrides,
  };
  return { session, credential, token, ref: parseToken(token) };
}

/** Makes a session whose token was chosen by the caller: only its alias leads to it. */
export function makeAliased(token: string, overrides: Partial<Session> = {}): Made {
  const made = make(overrides);
  const ref = parseToken(token);
  return { ...made, token, ref, credential: { hash: ref.hash, alias: true, previous: [] } };
}

/** Makes and stores a session. */
export async function put(
  store: SessionStore,
  overrides: Partial<Session> = {},
  cap: Cap | null = null,
): Promise<Made> {
  const made = make(overrides);
  const outcome: CreateOutcome = await store.create(made.session, made.credential, cap, made.session.createdAt);
  if (outcome.kind !== 'created') throw new Error(`create: ${outcome.kind}`);
  return made;
}

/** A secret that no key or value of a store may contain. */
export function secretOf(made: Made): string {
  return made.token.slice(18);
}
