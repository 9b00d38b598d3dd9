/** One part of what happened, for who asks again and again: at once, or when there is something. */
import { comparePositions } from '../core/events.ts';
import { type EventPage, isFilter, type PageAsked } from '../core/hearing.ts';
import type { Reach, ReachOptions } from './reach.ts';
import type { Tail } from './tail.ts';
import { Walk } from './walk.ts';

/** Events that are read at once where a filter lets some of them through, and looked through for one page. */
const READ = 1000;
const MOST_READ = 10_000;
/** How often one who waits looks for apps that have a journal since. Units: milliseconds. */
const LOOK_FOR_APPS = 2000;

export interface PageOptions extends ReachOptions {
  readonly reach: Reach;
  readonly tail: Tail;
  readonly later: (run: () => void, delay: number) => () => void;
  /** Aborted when nobody may wait any longer. */
  readonly stopping: AbortSignal;
}

export async function pageOf(asked: PageAsked, options: PageOptions): Promise<EventPage> {
  const { journal, reach, stopping } = options;
  const { begin, wait, signal } = asked;
  if (begin === 'end') {
    return { events: [], next: (await Walk.fromEnd(journal, reach)).cursor, isGone: false, isEnd: true };
  }
  const place = typeof begin === 'number' ? await Walk.placeAt(journal, reach, begin) : begin;
  const walk = new Walk(journal, reach, place === 'oldest' ? null : place);
  const page = await look(walk, asked);
  if (wait === 0 || hasNews(page) || signal.aborted || stopping.aborted) return page;
  return waitFor(walk, asked, options);
}

function hasNews({ events, isGone }: EventPage): boolean {
  return events.length > 0 || isGone;
}

/** Looks through what there is. */
async function look(walk: Walk, { filter, limit }: PageAsked): Promise<EventPage> {
  const isFiltered = isFilter(filter);
  const events: string[] = [];
  let isGone = false;
  for (let read = 0; read < MOST_READ; ) {
    const part = await walk.next(isFiltered ? READ : limit - events.length);
    for (const entry of part.entries) {
      if (entry.event === null) isGone = true;
      else if (entry.passes(filter)) events.push(entry.text);
      if (events.length === limit) {
        return { events, next: entry.id, isGone, isEnd: part.isEnd && entry === part.entries.at(-1) };
      }
    }
    if (part.isEnd) return { events, next: walk.cursor, isGone, isEnd: true };
    read += part.entries.length;
  }
  return { events, next: walk.cursor, isGone, isEnd: false };
}

/** Looks whenever there is more, until there is something for the page. */
async function waitFor(walk: Walk, asked: PageAsked, options: PageOptions): Promise<EventPage> {
  const { wait, signal, onWait, onWaited } = asked;
  const { reach, tail, later, stopping } = options;
  const listening = new Map<string, () => void>();
  let isOver = false;
  let isWoken = false;
  let wake = () => {};
  const leave = () => {
    isOver = true;
    wake();
  };
  const cancel = later(leave, wait);
  for (const end of [signal, stopping]) end.addEventListener('abort', leave);
  try {
    for (;;) {
      for (const app of await reach.apps()) {
        if (listening.has(app)) continue;
        const hear = (last: string | null) => {
          if (last !== null && comparePositions(last, walk.positionIn(app)) === 0) return;
          isWoken = true;
          wake();
        };
        listening.set(app, tail.wake(app, hear));
      }
      onWait?.();
      await new Promise<void>((resolve) => {
        const cancelLook = 'apps' in asked.whose ? later(resolve, LOOK_FOR_APPS) : () => {};
        wake = () => {
          cancelLook();
          resolve();
        };
        if (isOver || isWoken) wake();
      });
      onWaited?.();
      isWoken = false;
      const page = await look(walk, asked);
      if (isOver || hasNews(page)) return page;
    }
  } finally {
    cancel();
    for (const end of [signal, stopping]) end.removeEventListener('abort', leave);
    for (const end of listening.values()) end();
  }
}
