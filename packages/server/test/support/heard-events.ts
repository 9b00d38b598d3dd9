/** Who hears of events, on the journals of the store in memory and with time of its own; and connections that take what they are told to. */
import type { Whose } from '../../src/core/event-cursor.ts';
import { readEventCursor } from '../../src/core/event-cursor.ts';
import { comparePositions, type NewEvent, type Position, START } from '../../src/core/events.ts';
import type { EventFilter, Outlet, StreamAsked } from '../../src/core/hearing.ts';
import { Streams, type StreamsOptions } from '../../src/events/streams.ts';
import { Tail } from '../../src/events/tail.ts';
import { MemoryJournal } from '../../src/stores/memory/memory-journal.ts';
import { OwnTime } from './own-time.ts';

const RULES = { events: true, updates: false, history: null };
const HEADER = { in: 'header', at: 'Last-Event-ID' } as const;
export const ALL: EventFilter = { types: null, subject: null, session: null };
export const SHOP: Whose = { app: 'shop' };

/** One event of a stream. */
export interface Frame {
  readonly name: string;
  readonly id: string | null;
  readonly data: Readonly<Record<string, unknown>> | null;
}

/** A connection. It takes all that is written, unless it is told to take nothing. */
export class Connection implements Outlet {
  text = '';
  unsent = 0;
  hasEnded = false;
  takes = true;
  writes = 0;
  private drained = () => {};
  private gone = () => {};

  readonly write = (text: string | Uint8Array): void => {
    const piece = typeof text === 'string' ? text : Buffer.from(text).toString();
    this.text += piece;
    this.writes++;
    if (!this.takes) this.unsent += piece.length;
  };
  readonly end = (): void => {
    this.hasEnded = true;
  };
  readonly onDrain = (run: () => void): void => {
    this.drained = run;
  };
  readonly onGone = (run: () => void): void => {
    this.gone = run;
  };

  drain(): void {
    this.unsent = 0;
    this.drained();
  }

  leave(): void {
    this.gone();
  }

  get frames(): Frame[] {
    return framesOf(this.text);
  }

  /** The sessions of the events that came, and `resync`. */
  get sessions(): string[] {
    const told = this.frames.filter(({ name, data }) => data !== null && name !== 'position');
    return told.map(({ name, data }) => (name === 'resync' ? name : String(data!.subject)));
  }

  get lastId(): string | null {
    return this.frames.findLast(({ id }) => id !== null)?.id ?? null;
  }
}

/** Takes the text of a stream apart. */
export function framesOf(text: string): Frame[] {
  const blocks = text.split('\n\n').slice(0, -1);
  return blocks.map((block) => {
    const fields = new Map(block.split('\n').map((line) => line.split(/: ?(.*)/s, 2) as [string, string]));
    const data = fields.get('data');
    return {
      name: fields.get('event') ?? (data === undefined ? '' : 'message'),
      id: fields.get('id') ?? null,
      data: data === undefined ? null : JSON.parse(data),
    };
  });
}

/** More than any test has reason to ask for. Who asks without a pause would let nothing else run, the end of the test included. */
const WITHOUT_END = 20_000;

export function setUp(more: Partial<Pick<StreamsOptions, 'most' | 'patience' | 'keeps'>> = {}) {
  const time = new OwnTime();
  const memory = new MemoryJournal(
    () => RULES,
    (asked) => asked,
  );
  const asked = { read: 0, lasts: 0, apps: 0 };
  const errors: unknown[] = [];
  /** What the journal of an app has lost: behind the first position, up to the second. */
  const lost = new Map<string, readonly [Position, Position]>();
  const isLost = (app: string, position: Position) => {
    const [behind, to] = lost.get(app) ?? [START, START];
    return comparePositions(position, behind) > 0 && comparePositions(position, to) <= 0;
  };
  const endOf = (app: string, last: Position) => (isLost(app, last) ? lost.get(app)![0] : last);
  let failure: Error | null = null;
  const counted = <A extends unknown[], T>(name: keyof typeof asked, verb: (...args: A) => Promise<T>) => {
    return async (...args: A): Promise<T> => {
      if (++asked[name] > WITHOUT_END) throw new Error('asked without end');
      if (failure !== null) throw failure;
      return verb(...args);
    };
  };
  const journal = {
    read: counted('read', async (app: string, after: Position, limit: number) => {
      const page = await memory.read(app, after, limit);
      return {
        ...page,
        events: page.events.filter(({ position }) => !isLost(app, position)),
        next: endOf(app, page.next),
      };
    }),
    lasts: counted('lasts', async (apps: readonly string[]) => {
      return (await memory.lasts(apps)).map((last, i) => endOf(apps[i]!, last));
    }),
    apps: counted('apps', memory.apps.bind(memory)),
    watch: memory.watch.bind(memory),
  };
  const { clock, later } = time;
  const tail = new Tail({ journal, later, onError: (error) => errors.push(error) });
  const streams = new Streams({
    ...{ journal, tail, clock, later, most: 10_000 },
    keeps: () => true,
    onError: (error) => errors.push(error),
    ...more,
  });
  let written = 0;
  /** Writes an event, and gives the session it is of. */
  const write = async (app = 'shop', event: Partial<NewEvent> = {}): Promise<string> => {
    const session = `00session${String(written++).padStart(7, '0')}`;
    await memory.append(app, { type: 'session.created', version: 1, session, subject: 'user', ...event }, time.now);
    return session;
  };
  const writeMany = async (count: number, app = 'shop'): Promise<string[]> => {
    const sessions: string[] = [];
    for (let i = 0; i < count; i++) sessions.push(await write(app));
    return sessions;
  };
  /** `after`: the id to go on behind. */
  const open = async (more: Partial<StreamAsked> & { readonly after?: string | null } = {}): Promise<Connection> => {
    const { whose = SHOP, after = null } = more;
    const begin = after === null ? 'end' : readEventCursor(whose, after, HEADER);
    const begun = await streams.open({ whose, filter: ALL, begin, mayGoOn: () => true, ...more });
    const connection = new Connection();
    begun(connection);
    return connection;
  };
  return {
    ...{ time, memory, asked, errors, tail, streams, write, writeMany, open },
    fail: (error: Error | null) => {
      failure = error;
    },
    /** Has the journal of an app lose its last events. */
    lose: async (app: string, count: number) => {
      const { events, next } = await memory.read(app, START, Number.MAX_SAFE_INTEGER);
      lost.set(app, [events.at(-1 - count)!.position, next]);
    },
  };
}
