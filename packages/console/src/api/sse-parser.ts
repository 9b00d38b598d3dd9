/** Takes Server-Sent Events apart as they arrive, in pieces of any length. */

export interface SseMessage {
  /** Absence: null where the message says none; the one before it holds on. */
  readonly id: string | null;
  /** How long to wait before coming again. Units: milliseconds. Absence: null. */
  readonly retry: number | null;
  /** `message` unless the message says another. */
  readonly event: string;
  /** '' for a message without data. */
  readonly data: string;
}

/** The longest message that is kept, in characters: an event of ours has some hundred. */
const LONGEST = 1_000_000;

export class SseParser {
  private rest = '';
  private messages: SseMessage[] = [];
  private id: string | null = null;
  private retry: number | null = null;
  private event = '';
  private data: string[] = [];
  private length = 0;

  /** Gives the messages that are whole now. Errors: one that is longer than any of ours; whoever sends it is no server of events. */
  push(text: string): readonly SseMessage[] {
    this.messages = [];
    this.rest += text;
    let from = 0;
    for (;;) {
      const at = lineEnd(this.rest, from);
      if (at === null) break;
      this.line(this.rest.slice(from, at.end));
      from = at.next;
    }
    this.rest = this.rest.slice(from);
    if (this.rest.length > LONGEST || this.length > LONGEST) throw new Error('a message of the stream is too long');
    return this.messages;
  }

  private line(line: string): void {
    if (line === '') {
      this.dispatch();
      return;
    }
    const colon = line.indexOf(':');
    if (colon === 0) return;
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
    if (name === 'data') {
      this.data.push(value);
      this.length += value.length;
    } else if (name === 'event') this.event = value;
    else if (name === 'id' && !value.includes('\0')) this.id = value;
    else if (name === 'retry' && /^\d{1,9}$/.test(value)) this.retry = Number(value);
  }

  private dispatch(): void {
    const { id, retry, event, data } = this;
    this.id = null;
    this.retry = null;
    this.event = '';
    this.data = [];
    this.length = 0;
    if (id === null && retry === null && event === '' && data.length === 0) return;
    this.messages.push({ id, retry, event: event === '' ? 'message' : event, data: data.join('\n') });
  }
}

/** Finds the end of a line. A carriage return at the very end waits: a line feed may follow it. Absence: null. */
function lineEnd(text: string, from: number): { readonly end: number; readonly next: number } | null {
  const feed = text.indexOf('\n', from);
  const carriage = text.indexOf('\r', from);
  if (carriage < 0 || (feed >= 0 && feed < carriage)) return feed < 0 ? null : { end: feed, next: feed + 1 };
  if (carriage + 1 === text.length) return null;
  return { end: carriage, next: text[carriage + 1] === '\n' ? carriage + 2 : carriage + 1 };
}
