/**
 * The readers of an environment. Each has a place in the lock file with the number of the state that it reads; no page that
 * this state needs is used again, so a reader that never ends makes the data file grow. Places of dead processes are cleared
 * when a store is opened and with each sweep. A process that lives but stands still, such as one that was stopped, keeps its
 * place: this finds it. In another pid namespace the number of the process is the one it has there.
 */

/** A reader that holds on to an old state. */
export interface StuckReader {
  readonly pid: number;
  /** How long at least. Units: milliseconds. */
  readonly heldFor: number;
  /** How many commits were made since the state that it reads. */
  readonly behind: number;
}

/** How long a reader may hold one state before it is told. Our own longest walks take a few seconds. Units: milliseconds. */
export const STUCK_AFTER = 10_000;

export class Readers {
  /** Place and state → when it was first seen. */
  private seen = new Map<string, number>();

  /**
   * Takes in the list of readers as lmdb-js gives it. `now`: of a clock that never goes back, in milliseconds. Gives those
   * that have held a state that is not the newest since `after` or longer.
   */
  look(list: string, lastCommit: number, now: number, after = STUCK_AFTER): StuckReader[] {
    const seen = new Map<string, number>();
    const stuck: StuckReader[] = [];
    for (const [place, pid, state] of list.matchAll(/^ *(\d+) +[0-9a-f]+ +(\d+)$/gm)) {
      const since = this.seen.get(place) ?? now;
      seen.set(place, since);
      const behind = lastCommit - Number(state);
      if (behind > 0 && now - since >= after) stuck.push({ pid: Number(pid), heldFor: now - since, behind });
    }
    this.seen = seen;
    return stuck;
  }
}
