/**
 * What scripts take more so that they tell what they do (lua/journal.lua): of an app without a journal nothing, and then every call is as
 * it would be if there were no journals. On one server, also behind Sentinel, a script writes into the stream of the app itself: a
 * line is in the journal as its change is made. In a Cluster that stream is in another slot, so there a script writes into the outbox of
 * its partition, which is moved on (outboxes.ts). Rejected: outboxes on one server, too. They cost each event five commands more,
 * and the time until somebody has moved it.
 *
 * The copy of a session that moves is told when the old one has ended, and not before: until then it may be taken back, and nobody
 * should hear of it. Its event is held beside the journal in the step that writes the copy; the end of the old one lets it go, and so
 * does whatever happens to the new one first. What a process left that died in between, `settle` finds (journal.ts).
 */
import { REASON_LETTERS } from '../../core/event-line.ts';
import { type EndReason, type JournalRules, type JournalSource, NOBODY, type Origin } from '../../core/events.ts';
import type { Keys } from './keys.ts';
import type { ScriptCalls } from './script-calls.ts';

/** What a call tells. */
export interface About {
  /** How what it removes has ended. Default: `cap`; what a deadline has ended is told so anyway. */
  readonly reason?: EndReason;
  readonly origin?: Origin | undefined;
  /** Of a copy that is written: the id that the session had. Of the one that ends for it: the id that it has now. */
  readonly other?: string;
  /** The session is a copy that is taken back: if nobody has heard of it, nothing is told. */
  readonly unheard?: boolean;
}

/** Keys and arguments behind those of a script. */
export interface More {
  readonly keys: readonly string[];
  readonly args: readonly string[];
}

/** Of what is not told. */
export const NOTHING: More = Object.freeze({ keys: [], args: [] });
/** After how long an app is entered again: a Redis may have been emptied. Units: milliseconds. */
const ENTERED = 60_000;
const WITHOUT_RULES: JournalRules = { events: true, updates: false, history: null };

export class Telling {
  private readonly calls: ScriptCalls;
  private readonly keys: Keys;
  private readonly rules: JournalSource;
  /** Told of what may have been written. */
  private readonly onTold: (app: string, partitions: readonly string[]) => void;
  /** App → until when it need not be entered again, on the clock of `performance`. */
  private readonly entered = new Map<string, number>();

  constructor(
    calls: ScriptCalls,
    keys: Keys,
    rules: JournalSource,
    onTold: (app: string, partitions: readonly string[]) => void,
  ) {
    this.calls = calls;
    this.keys = keys;
    this.rules = rules;
    this.onTold = onTold;
  }

  rulesOf(app: string): JournalRules | null {
    return this.rules(app);
  }

  /** Calls a script on partitions of an app, with what it takes to tell. `hasTold`: by the answer; default: it has. */
  call<T>(
    app: string,
    partitions: readonly string[],
    about: About,
    work: (more: More) => Promise<T>,
    hasTold: (answer: T) => boolean = () => true,
  ): Promise<T> {
    const rules = this.rules(app);
    if (rules === null) return work(NOTHING);
    return this.told(app, partitions, this.more(app, partitions, rules, about), work, hasTold);
  }

  /** The same for a change, which is told only where the rules say so. */
  change<T>(app: string, partition: string, about: About, work: (more: More) => Promise<T>): Promise<T> {
    return this.rules(app)?.updates ? this.call(app, [partition], about, work) : work(NOTHING);
  }

  /** The same for what is there, whatever the rules say by now. */
  always<T>(app: string, partition: string, work: (more: More) => Promise<T>): Promise<T> {
    return this.told(app, [partition], this.more(app, [partition], WITHOUT_RULES, {}), work, () => true);
  }

  /** Lets go what is held of a session that has moved to that id. On one server the end of the old one has done that. */
  async arrived(app: string, id: string, now: number): Promise<void> {
    if (this.calls.anySlot || this.rules(app) === null) return;
    const partition = id.slice(0, 2);
    const activity = this.keys.partition(app, partition)[2]!;
    const tell = ({ keys, args }: More) =>
      this.calls.callDurably('journal-tell', [activity, ...keys], now, [id, '', '', ...args]);
    // The session has moved, whatever becomes of this: it is told by the next one who meets it.
    await this.call(app, [partition], {}, tell).catch(() => null);
  }

  private async told<T>(
    app: string,
    partitions: readonly string[],
    more: More,
    work: (more: More) => Promise<T>,
    hasTold: (answer: T) => boolean,
  ): Promise<T> {
    await this.enter(app);
    let isTold = true;
    try {
      const answer = await work(more);
      isTold = hasTold(answer);
      return answer;
    } finally {
      if (isTold) this.onTold(app, partitions);
    }
  }

  private more(app: string, partitions: readonly string[], rules: JournalRules, about: About): More {
    const { events, updates, history } = rules;
    const { reason = 'cap', origin = NOBODY, other = '', unheard = false } = about;
    const flags = `${Number(events)}${Number(updates)}`;
    const fields = [flags, history ?? '', REASON_LETTERS[reason], text(origin.by), text(origin.note)];
    const args = [[...fields, unheard ? '-' : other].join('\n')];
    if (!this.calls.anySlot) return { keys: partitions.map((partition) => this.keys.outbox(app, partition)), args };
    const { stream, known } = this.keys.journal(app);
    return { keys: [known, stream], args };
  }

  /** Enters an app before something is written into its journal: who comes after a crash must find what was. */
  private async enter(app: string): Promise<void> {
    const now = performance.now();
    const until = this.entered.get(app);
    if (until !== undefined && until > now) return;
    if (until === undefined) await this.calls.callTimeless('journal-begin', [this.keys.journal(app).probe], []);
    await this.calls.command('ZADD', [this.keys.journals, Math.round(this.calls.instantAt(Date.now())), app]);
    if (this.entered.size > MOST_ENTERED) this.entered.clear();
    this.entered.set(app, now + ENTERED);
  }
}

/** Clients choose the names of apps. */
const MOST_ENTERED = 10_000;

/** As lua/journal.lua has it, and lines do (core/event-line.ts). */
function text(value: string | null): string {
  return value === null ? '' : `+${value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}`;
}
