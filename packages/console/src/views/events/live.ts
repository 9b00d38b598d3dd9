/** The live events of one app: the stream that is open, the feed it fills, and when the screen is told. */
import { signal } from '@preact/signals';
import type { EventStream } from '../../api/event-stream.ts';
import { Problem } from '../../api/problem.ts';
import { part, v1 } from '../../api/request.ts';
import { openStream, type SseMessage, type StreamState } from '../../api/stream.ts';
import type { EventPage } from '../../api/types.ts';
import { serverTime } from '../../state/clock.ts';
import { Feed, type FeedFilter, isWider } from './feed.ts';
import { recentEvents } from './recent.ts';

/** Where much happens, the list begins with the last minute. Units: milliseconds. */
const MINUTE = 60_000;
/** Nobody reads faster. Units: milliseconds. */
const BETWEEN_PAINTS = 100;

export class Live {
  readonly feed = new Feed({ now: serverTime });
  readonly state = signal<StreamState>({ is: 'connecting' });
  /** What no waiting helps against. Absence: null. */
  readonly problem = signal<Problem | null>(null);
  /** One more whenever the screen is to be drawn. */
  readonly paints = signal(0);
  private readonly path: string;
  /** Where the stream begins as long as no position is known. */
  private readonly since = new Date(serverTime() - MINUTE).toISOString();
  private filter: FeedFilter;
  private stream: EventStream | null = null;
  private readonly closing = new AbortController();
  private isWaiting = false;
  private paintedAt = 0;

  constructor(app: string, filter: FeedFilter) {
    this.path = `/apps/${part(app)}/events`;
    this.filter = filter;
    this.feed.setFilter(filter);
    void this.begin();
  }

  /** From here on others are let through. What came before, and passes, is shown again. */
  setFilter(filter: FeedFilter): void {
    const widens = isWider(filter, this.filter);
    this.filter = filter;
    const position = this.stream?.lastPosition ?? null;
    this.feed.setFilter(filter);
    if (widens && this.feed.hasEvents) this.feed.mark('filter');
    this.paintSoon();
    if (this.stream === null) return;
    this.stream.close();
    this.open(position);
  }

  hold(): void {
    if (!this.feed.isHeld) this.feed.hold();
    this.paintSoon();
  }

  release(): void {
    this.feed.release();
    this.paintSoon();
  }

  clear(): void {
    this.feed.clear();
    this.paintSoon();
  }

  retryNow(): void {
    this.stream?.retryNow();
  }

  close(): void {
    this.closing.abort();
    this.stream?.close();
  }

  private async begin(): Promise<void> {
    const position = await this.recent();
    if (!this.closing.signal.aborted && this.problem.value === null) this.open(position);
  }

  /** Takes the last of what is kept. Gives the position behind it. Absence: null where the last minute has more. */
  private async recent(): Promise<string | null> {
    try {
      const recent = await recentEvents(({ limit, age, after }) => {
        const from = age === undefined ? after : new Date(serverTime() - age).toISOString();
        return v1<EventPage>(this.path, { query: { limit, after: from }, signal: this.closing.signal });
      }, serverTime);
      for (const event of recent?.events ?? []) this.feed.take(JSON.stringify(event));
      this.paintSoon();
      return recent?.next ?? null;
    } catch (error) {
      if (error instanceof Problem && error.status >= 400 && error.status < 500 && error.status !== 429)
        this.refuse(error);
      return null;
    }
  }

  private open(position: string | null): void {
    const { types, subject } = this.filter;
    this.stream = openStream(this.path, {
      query: { types: [...types].join(','), subject, ...(position === null && { after: this.since }) },
      position,
      onMessages: (messages) => this.heard(messages),
      onState: (state) => {
        this.state.value = state;
      },
      onProblem: (problem) => this.refuse(problem),
    });
  }

  private heard(messages: readonly SseMessage[]): void {
    for (const { event, data } of messages) {
      if (event === 'resync') this.feed.mark('resync');
      else if (event === 'message' && data !== '') this.feed.take(data);
    }
    this.paintSoon();
  }

  private refuse(problem: Problem): void {
    if (!this.closing.signal.aborted) this.problem.value = problem;
  }

  /** All that comes until the next frame is drawn at once. A page that nobody sees has no frames, and draws nothing. */
  private paintSoon(): void {
    if (this.isWaiting) return;
    this.isWaiting = true;
    const paint = (time: number) => {
      if (this.closing.signal.aborted) return;
      if (time - this.paintedAt < BETWEEN_PAINTS) {
        requestAnimationFrame(paint);
        return;
      }
      this.isWaiting = false;
      this.paintedAt = time;
      this.paints.value++;
    };
    requestAnimationFrame(paint);
  }
}
