/** What somebody hears: the journal of one app, or those of all apps that they see. */
import { allCursor, appCursors, NAMED_APPS, type Whose } from '../core/event-cursor.ts';
import { type Journal, type Position, SERVER_APP } from '../core/events.ts';

export interface ReachOptions {
  readonly journal: Pick<Journal, 'apps' | 'lasts' | 'read' | 'watch'>;
  /** Units: epoch milliseconds. */
  readonly clock: () => number;
  /** Tells whether an app has a journal, as the policy is now. */
  readonly keeps: (app: string) => boolean;
}

/** How old the list of apps may be. Units: milliseconds. */
const FRESH = 2000;

export interface Reach {
  /** Those that hear the same have the same name. */
  readonly name: string;
  /** Gives the apps, in order; of all apps, a list that is two seconds old at most. */
  readonly apps: () => Promise<readonly string[]>;
  /** Writes where one stands. */
  readonly cursor: (standing: Standing) => string;
}

/** Where one stands, as far as a cursor tells it. */
export interface Standing {
  readonly base: number;
  /** The apps that moved last, the latest at the end. */
  readonly recent: readonly (readonly [app: string, position: Position])[];
  /** Of the app that moved last. */
  readonly position: Position;
}

export function reachOf(whose: Whose, options: ReachOptions): Reach {
  if ('app' in whose) {
    const { app } = whose;
    const write = appCursors(app);
    const apps = [app];
    return { name: `app ${app}`, apps: async () => apps, cursor: ({ position }) => write(position) };
  }
  const { apps } = whose;
  return {
    name: `all ${apps === '*' ? '*' : [...apps].sort().join(' ')}`,
    apps: seenBy(apps, options),
    cursor: ({ base, recent }) => allCursor(base, recent.slice(-NAMED_APPS)),
  };
}

function seenBy(seen: ReadonlySet<string> | '*', { journal, clock, keeps }: ReachOptions) {
  let known: readonly string[] = [];
  let askedAt = Number.NEGATIVE_INFINITY;
  const sees = (app: string) => (app === SERVER_APP ? seen === '*' : (seen === '*' || seen.has(app)) && keeps(app));
  return async () => {
    const now = clock();
    // A clock that was set back must not make it old for ever.
    if (Math.abs(now - askedAt) < FRESH) return known;
    known = (await journal.apps()).filter(sees);
    askedAt = now;
    return known;
  };
}
