/** What a server does for its journals beside the requests: made and wired for serve.ts. */
import type { Change } from './audit/audit-log.ts';
import type { Config } from './config.ts';
import { type JournalSource, SERVER_APP } from './core/events.ts';
import type { SessionStore } from './core/store.ts';
import type { Log } from './log/log.ts';
import type { JournalMeter } from './metrics/journal-meter.ts';
import { type JournalKeeperOptions, keepJournals } from './upkeep/journal-keeper.ts';
import { RulesEvents, type RulesEventsOptions } from './upkeep/rules-events.ts';
import { suspectsOf } from './upkeep/suspects.ts';

export interface JournalsOptions extends RulesEventsOptions, Pick<JournalKeeperOptions, 'consumers' | 'onDropped'> {
  readonly config: Pick<Config, 'eventsKeep' | 'eventsBytes' | 'sweepInterval'>;
  readonly store: SessionStore;
  readonly rules: JournalSource;
  readonly meter: JournalMeter;
  readonly log: Log;
}

export interface Journals {
  /** A token was used that a rotation had replaced. */
  readonly suspected: (app: string, session: string) => void;
  /** Rules are about to be in force. `changes`: as the log says them; `digest`: of the file with them. */
  readonly rulesChanged: (act: Change, changes: readonly string[], digest: string) => void;
  /** Does what one process does for all: keeps the journals. Gives a function that stops it. */
  readonly lead: () => () => Promise<void>;
  /** Resolves when nothing is under way. */
  readonly close: () => Promise<void>;
}

export function openJournals({ config, store, rules, meter, log, ...options }: JournalsOptions): Journals {
  const { clock, onError, consumers } = options;
  const rulesEvents = new RulesEvents({ store, rules, ...options });
  const onDropped = (app: string, consumer: string, events: number) => {
    meter.dropped.add(events);
    log.warn(
      { app, webhook: consumer, events },
      'events were dropped that a webhook had not had: the journal of the app had become larger than RS_EVENTS_BYTES',
    );
    return options.onDropped(app, consumer, events);
  };
  return {
    suspected: suspectsOf({ store, rules, clock, onError }),
    rulesChanged: (act, changes, digest) =>
      rulesEvents.tell(act === 'policy.change' ? 'policy.changed' : 'key.changed', changes.map(nameIn), digest),
    lead: () =>
      keepJournals({
        ...{ journal: store.journal, clock, consumers, onDropped, onError },
        ...{ keep: config.eventsKeep, bytes: config.eventsBytes, interval: config.sweepInterval },
        isUsed: () => rules(SERVER_APP) !== null,
        onSizes: (sizes, now) => meter.use(sizes, now),
      }),
    close: () => rulesEvents.close(),
  };
}

/** Gives what has changed of a line that says how: its name, and no value. */
function nameIn(change: string): string {
  return change.slice(0, change.indexOf(': '));
}
