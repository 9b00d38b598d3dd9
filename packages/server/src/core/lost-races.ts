/**
 * Rotations that leave the old token no grace: a login, or a grace of 0. Whoever rotates that token at the same time has lost,
 * and must hear that it was replaced (409): "there is no such session" (404) would clear the cookie which the winner has just set.
 *
 * So each of them leaves a note, which ends by itself, before its token ends; whoever then finds that the token opens nothing
 * looks for it. The note is a memo, because the session itself may be somewhere else by then, under another id.
 */
import type { SessionStore } from './store.ts';
import { fingerprint, type TokenRef } from './token.ts';
import type { AppName } from './validate.ts';

/** How much later than the winner a request may be and count as one of the same moment. Units: milliseconds. */
const SAME_MOMENT = 2000;
/** No memo has it: to look without leaving one. */
const LOOK = '\0';

export class LostRaces {
  private readonly store: SessionStore;

  constructor(store: SessionStore) {
    this.store = store;
  }

  /** Notes that a token is about to be replaced, and will open nothing. */
  async note(app: AppName, token: TokenRef, now: number): Promise<void> {
    await this.memo(app, token, '1', null, now);
  }

  /** Tells whether a token that opens nothing was replaced a moment ago. */
  async isLost(app: AppName, token: TokenRef, now: number): Promise<boolean> {
    return (await this.memo(app, token, '', LOOK, now)) !== '';
  }

  private memo(app: AppName, { hash }: TokenRef, text: string, instead: string | null, now: number) {
    return this.store.memo(app, fingerprint(`replaced ${hash}`), { text, instead, until: now + SAME_MOMENT }, now);
  }
}
