/** An event on its way to those who hear it: made into text once, for however many. */

import type { JournalEvent, Position } from '../core/events.ts';
import type { EventFilter } from '../core/hearing.ts';
import { cloudEvent } from './cloud-event.ts';

export class Entry {
  readonly app: string;
  readonly position: Position;
  /** Where one stands who has heard it, as text. */
  readonly id: string;
  /** Absence: null where something that stood before is gone. */
  readonly event: JournalEvent | null;
  private readonly written: { text?: string; frame?: string } = {};

  constructor(app: string, position: Position, id: string, event: JournalEvent | null) {
    this.app = app;
    this.position = position;
    this.id = id;
    this.event = event;
  }

  /** The CloudEvent as JSON. */
  get text(): string {
    this.written.text ??= JSON.stringify(this.event && cloudEvent(this.app, this.event));
    return this.written.text;
  }

  /** What a stream has of it. */
  get frame(): string {
    this.written.frame ??=
      this.event === null ? named('resync', this.id, this.id) : `id: ${this.id}\ndata: ${this.text}\n\n`;
    return this.written.frame;
  }

  /** That something is gone passes every filter. */
  passes({ types, subject, session }: EventFilter): boolean {
    const { event } = this;
    if (event === null) return true;
    if (types !== null && !types.has(event.type)) return false;
    return (subject === null || event.subject === subject) && (session === null || event.session === session);
  }
}

/**
 * Writes an event of a stream that has a name, and so is no message to those who listen for those. `id`: absence: null for one that
 * leaves the client where it stands.
 */
export function named(name: 'resync' | 'position', position: string, id: string | null): string {
  const line = id === null ? '' : `id: ${id}\n`;
  return `event: ${name}\n${line}data: {"position":"${position}"}\n\n`;
}
