/**
 * Rotations that leave the old token no grace: a login, or a grace of 0. Whoever rotates that token at the same time has lost,
 * and must hear that it was replaced: "there is no such session" would clear the cookie which the winner has just set.
 *
 * So each of them leaves a note, which ends by itself, before its token ends; whoever then finds that the token opens nothing
 * looks for it. Who comes second writes its own note over that of the first, before it rotates. So a rotation that still finds
 * its own note was alone: if its token opens nothing then, the session has ended. Who was alone and did not rotate takes its
 * note back. The note is a memo, because the session itself may be somewhere else by then, under another id.
 */
import type { Memo, SessionStore } from './store.ts';
import { fingerprint, randomText, type TokenRef } from './token.ts';
import type { AppName } from './validate.ts';

/** How much later than the winner a request may be and count as one of the same moment. Units: milliseconds. */
const SAME_MOMENT = 2000;
/** No memo has it: to look without leaving one. */
const LOOK = '\0';
/** Characters that tell one note from another. */
const NAME_LENGTH = 8;

/** A note that was left. `first`: no other one stood there. */
interface Note {
  readonly app: AppName;
  readonly token: TokenRef;
  readonly own: string;
  readonly first: boolean;
}

export class LostRaces {
  private readonly store: SessionStore;

  constructor(store: SessionStore) {
    this.store = store;
  }

  /** Notes that a token is about to be replaced, and will open nothing. */
  async note(app: AppName, token: TokenRef, now: number): Promise<Note> {
    const own = randomText(NAME_LENGTH);
    const until = now + SAME_MOMENT;
    let found: string | null = null;
    for (;;) {
      const present = await this.memo(app, token, { text: own, instead: found, until }, now);
      if (present === null) return { app, token, own, first: found === null };
      // The empty text says that the note which was found has been taken back.
      found = present === '' ? null : present;
    }
  }

  /** Takes back the note of a rotation that was not done, unless there was another rotation. */
  async takeBack({ app, token, own, first }: Note, now: number): Promise<void> {
    if (first) await this.memo(app, token, { text: own, instead: own, until: now }, now);
  }

  /** Tells whether a token that opens nothing was replaced a moment ago. */
  async isLost(app: AppName, token: TokenRef, now: number): Promise<boolean> {
    return (await this.memo(app, token, { text: '', instead: LOOK, until: now }, now)) !== '';
  }

  private memo(app: AppName, { hash }: TokenRef, memo: Memo, now: number): Promise<string | null> {
    return this.store.memo(app, fingerprint(`replaced ${hash}`), memo, now);
  }
}
