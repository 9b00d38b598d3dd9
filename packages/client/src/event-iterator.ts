/** The events of an app as an application goes through them. */
import type { CallOptions } from './call-options.ts';
import { subscribe } from './event-subscription.ts';
import type { EventFilter, Resync, StreamedEvent } from './event-types.ts';
import type { Settings } from './options.ts';

export interface EventsOptions extends EventFilter, CallOptions {
  /** The `position` of an event, or the `next` of a page. Default: from now on. */
  readonly after?: string | undefined;
  /** Is told each time that the server is not heard, with the error; a further attempt follows. */
  readonly onLost?: ((error: unknown) => void) | undefined;
}

export async function* events(
  settings: Settings,
  { after, types, subject, signal, onLost }: EventsOptions,
): AsyncGenerator<StreamedEvent | Resync, void, undefined> {
  const ever = signal ?? new AbortController().signal;
  const stream = { after: after ?? null, types, subject, signal: ever, resumes: true, isBackground: false };
  for await (const told of subscribe(settings, stream)) {
    if (told.type === 'lost') onLost?.(told.error);
    else if (told.type !== 'heard') yield told;
  }
}
