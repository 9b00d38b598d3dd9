/** Where sessions of an app stand in the order of activity, to the millisecond: what the index and the lists of ids do not tell. */
import type { Position } from '../../core/cursor.ts';
import { parts } from './answers.ts';
import type { FanOut } from './fan-out.ts';
import type { Keys } from './keys.ts';
import type { ScriptCalls } from './script-calls.ts';

/** Records looked at in one step: half a millisecond of Redis. */
const TOGETHER = 250;
/** What lua/seen.lua answers of each. */
const SEEN_LENGTH = 9;
const NONE = 0;
const APART = 2;

/** Where a session stands. `apart`: its data is longer than what is kept within its record. */
export interface Place extends Position {
  readonly apart: boolean;
}

/** What is asked of the sessions of an app. */
export interface Asked {
  readonly app: string;
  readonly activeSince?: number | undefined;
  readonly now: number;
}

/** The latest instant that a script decided by. Units: epoch milliseconds. */
export class Latest {
  at = 0;

  note(at: number): void {
    this.at = Math.max(this.at, at);
  }
}

export class Places {
  private readonly fanOut: FanOut;
  private readonly calls: ScriptCalls;
  private readonly keys: Keys;

  constructor(fanOut: FanOut, calls: ScriptCalls, keys: Keys) {
    this.fanOut = fanOut;
    this.calls = calls;
    this.keys = keys;
  }

  /** Gives the places of sessions, in no order; of those that ended, or cannot be read, none. */
  async of<T extends { readonly id: string }>(
    { app, activeSince, now }: Asked,
    sessions: readonly T[],
    latest: Latest,
  ): Promise<(Place & { readonly of: T })[]> {
    const places: (Place & { readonly of: T })[] = [];
    await this.fanOut.eachOf(sessions, TOGETHER, async (group) => {
      const ids = group.map(({ id }) => id);
      const keys = ids.map((id) => this.keys.ofSession(app, id)[0]!);
      const [at, text] = parts((await this.calls.call('seen', keys, now, ids))!, 'number', 'bytes');
      latest.note(at);
      const since = activeSince === undefined ? 0 : activeSince + at - now;
      for (const [i, of] of group.entries()) {
        const there = text[i * SEEN_LENGTH]!;
        const lastSeenAt = text.readDoubleBE(i * SEEN_LENGTH + 1);
        if (there !== NONE && lastSeenAt >= since) places.push({ id: of.id, lastSeenAt, apart: there === APART, of });
      }
    });
    return places;
  }
}
