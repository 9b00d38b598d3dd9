/** An event as it is told: a CloudEvent (version 1.0 of its specification, structured mode), in the units of the wire. */
import type { JournalEvent } from '../core/events.ts';

export interface CloudEvent {
  readonly specversion: '1.0';
  /** The same however often the event is told, and told by whom. */
  readonly id: string;
  readonly source: string;
  readonly type: string;
  /** The id of the session. Absence: left out of events of the server. */
  readonly subject?: string;
  readonly time: string;
  /** `version.count`: an event of a session with a lower or equal count is older, or came before. */
  readonly sequence: string;
  readonly datacontenttype: 'application/json';
  readonly data: Record<string, unknown>;
}

export function cloudEvent(app: string, event: JournalEvent): CloudEvent {
  const { at, count, version, session } = event;
  return {
    specversion: '1.0',
    id: `${session === '' ? app : session}.${count}`,
    source: session === '' ? '/server' : `/apps/${app}`,
    type: event.type,
    ...(session !== '' && { subject: session }),
    time: new Date(at).toISOString(),
    sequence: `${version}.${count}`,
    datacontenttype: 'application/json',
    data: session === '' ? serverData(event) : { session, subject: event.subject, ...dataOf(event) },
  };
}

function serverData({ what, by = null }: JournalEvent): Record<string, unknown> {
  return { what: what === undefined ? null : JSON.parse(what), by };
}

function dataOf(event: JournalEvent): Record<string, unknown> {
  const { ip = null, userAgent = null, label = null, by = null, note = null, from = null, reason, version } = event;
  switch (event.type) {
    case 'session.created':
      return { ip, userAgent, label };
    case 'session.rotated':
      return { by, from };
    case 'session.updated':
      return { by, version };
    case 'session.ended':
      return { reason, by, note, ip };
    default: {
      const { presentedIp = null, presentedUserAgent = null } = event;
      const isKnown = presentedIp !== null || presentedUserAgent !== null;
      const presented = isKnown ? { ip: presentedIp, userAgent: presentedUserAgent } : null;
      return { stored: { ip, userAgent }, presented };
    }
  }
}
