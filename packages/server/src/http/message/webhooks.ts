/** What routes ask of the webhooks of an app. Made in webhooks/. Units: epoch milliseconds. */
import type { Position } from '../../core/events.ts';

/** How a webhook of an app stands. Absence: null. */
export interface WebhookState {
  readonly name: string;
  readonly kind: 'events' | 'backchannel-logout';
  readonly state: 'active' | 'failing' | 'paused' | 'disabled';
  /** Events that are in the journal and not delivered, as far as it is told of them: those of other types count, too. */
  readonly behind: number;
  /** Of these, those that failed and wait, with those of the same sessions. */
  readonly waiting: number;
  readonly deadLetters: number;
  /** Events that became dead letters, ever, and dead letters that were dropped for newer ones. */
  readonly dead: number;
  readonly deadDropped: number;
  readonly deliveredAt: number | null;
  readonly failedAt: number | null;
  /** Why the last attempt that failed did. */
  readonly failure: string | null;
  readonly disabledAt: number | null;
}

/** What came of a request that was sent at once. Absence: null. */
export interface Sent {
  readonly delivered: boolean;
  readonly status: number | null;
  readonly failure: string | null;
}

export interface ShownLetter {
  readonly id: string;
  readonly at: number;
  readonly attempts: number;
  readonly failure: string;
  /** A CloudEvent. */
  readonly event: object;
}

/** Errors of all: `webhook_not_found`, and those of the store. */
export interface Webhooks {
  list(app: string): Promise<readonly WebhookState[]>;

  /** The oldest first. `after`: an id; absence: null to begin. `next`: null on the last page. */
  deadLetters(
    app: string,
    name: string,
    after: string | null,
    limit: number,
  ): Promise<{ readonly letters: readonly ShownLetter[]; readonly next: string | null }>;

  /** Sends a dead letter once more; it is struck off when that succeeds. Absence: null when there is none with this id. */
  resend(app: string, name: string, id: string): Promise<Sent | null>;

  /** Sends all, the oldest first, until one fails or the time of a request is over. Gives how many went, and how many are left. */
  resendAll(app: string, name: string): Promise<{ readonly resent: number; readonly left: number }>;

  /** Tells it once more of what happened from an instant on, or behind a position, as far as the journal has it. Gives how many events that is. */
  replay(app: string, name: string, from: number | Position): Promise<number>;

  /** Sends a sample. */
  test(app: string, name: string): Promise<Sent>;

  /** Lets a webhook go on that was told 410. Gives whether it was. */
  enable(app: string, name: string): Promise<boolean>;
}
