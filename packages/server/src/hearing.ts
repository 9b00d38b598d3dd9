/** Those who hear of events in this process: made for serve.ts. */
import type { Journal } from './core/events.ts';
import type { Sessions } from './core/sessions.ts';
import { Streams } from './events/streams.ts';
import { Tail } from './events/tail.ts';

export interface Heard {
  /** Tells that a journal is longer, to whoever else wants to know. */
  readonly tail: Tail;
  readonly streams: Streams;
  /** Ends all streams and all waiting. */
  readonly stop: () => void;
}

export interface HearingOptions {
  readonly journal: Journal;
  readonly sessions: Pick<Sessions, 'keepsEvents'>;
  /** How many streams may be open. */
  readonly most: number;
  readonly clock: () => number;
  readonly later: (run: () => void, delay: number) => () => void;
  readonly onError: (error: unknown) => void;
}

export function openHearing({ journal, sessions, most, clock, later, onError }: HearingOptions): Heard {
  const tail = new Tail({ journal, later, onError });
  const keeps = (app: string) => sessions.keepsEvents(app);
  const streams = new Streams({ journal, tail, clock, later, keeps, most, onError });
  return {
    tail,
    streams,
    stop: () => {
      streams.stop();
      tail.close();
    },
  };
}
