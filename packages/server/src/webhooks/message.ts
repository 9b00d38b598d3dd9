/** What a webhook is sent: events as its kind has them, with headers that are the same however often it is sent (but for their time). */
import { createHash } from 'node:crypto';
import type { JournalEvent, Position } from '../core/events.ts';
import type { WebhookPolicy } from '../core/policy.ts';
import { type CloudEvent, cloudEvent } from '../events/cloud-event.ts';
import { LogoutSigner } from './logout-token.ts';
import type { Message } from './sender.ts';
import { signedHeaders } from './signature.ts';
import type { Gap } from './state.ts';

/** A webhook of an app, with its secrets as texts, the current one first. */
export interface Receiver {
  readonly webhook: WebhookPolicy;
  readonly secrets: readonly string[];
}

/** Makes the messages of one webhook. */
export class Messages {
  private readonly app: string;
  private readonly receiver: Receiver;
  private readonly signer: LogoutSigner | null;

  constructor(app: string, receiver: Receiver) {
    this.app = app;
    this.receiver = receiver;
    this.signer = receiver.webhook.kind === 'backchannel-logout' ? new LogoutSigner(receiver.secrets[0]!) : null;
  }

  /** Whether the webhook is told of an event. A logout is of somebody: a guest has none. */
  takes({ type, subject }: JournalEvent): boolean {
    const { types } = this.receiver.webhook;
    return (types === null || types.includes(type)) && (this.signer === null || subject !== null);
  }

  /** `events`: one, or where the webhook takes batches up to as many. `now`: epoch milliseconds. */
  ofEvents(events: readonly JournalEvent[], now: number): Message {
    const [first] = events;
    if (this.signer !== null) return this.logout(this.signer, first!, now);
    return this.signed(
      events.map((event) => cloudEvent(this.app, event)),
      now,
    );
  }

  /** Absence: null where the kind has no word for it. */
  ofGap({ from, to, dropped }: Gap, now: number): Message | null {
    if (this.signer !== null) return null;
    const data = { dropped, from: instantOf(from), to: instantOf(to) };
    return this.signed(
      [this.own(`gap.${from}.${to}`, 'journal.gap', to === '0-0' ? now : millisecondsOf(to), data)],
      now,
    );
  }

  /** A sample, to see whether it arrives. `id`: of this one. */
  ofTest(id: string, now: number): Message {
    if (this.signer !== null) {
      const nobody = { session: id, subject: 'webhooks-test', count: 0 } as JournalEvent;
      return this.logout(this.signer, nobody, now);
    }
    return this.signed([this.own(`test.${id}`, 'webhook.test', now, { webhook: this.receiver.webhook.name })], now);
  }

  private own(id: string, type: string, at: number, data: Record<string, unknown>): CloudEvent {
    return {
      specversion: '1.0',
      id,
      source: `/apps/${this.app}`,
      type,
      time: new Date(at).toISOString(),
      sequence: '0.0',
      datacontenttype: 'application/json',
      data,
    };
  }

  private signed(events: readonly CloudEvent[], now: number): Message {
    const { webhook, secrets } = this.receiver;
    const isBatch = webhook.batch > 1;
    const body = JSON.stringify(isBatch ? events : events[0]);
    const id = isBatch ? idOfBatch(events) : events[0]!.id;
    const type = `application/cloudevents${isBatch ? '-batch' : ''}+json`;
    return { headers: { 'Content-Type': type, ...signedHeaders(id, body, secrets, now) }, body };
  }

  private logout(signer: LogoutSigner, { session, subject, count }: JournalEvent, now: number): Message {
    const { issuer, audience } = this.receiver.webhook;
    const about = { issuer: issuer!, audience: audience!, id: `${session}.${count}`, subject: subject!, session };
    const body = `logout_token=${signer.token(about, now)}`;
    return { headers: { 'Content-Type': 'application/x-www-form-urlencoded' }, body };
  }
}

/** Follows from what is in it, so that it is the same over retries, whoever sends them. */
function idOfBatch(events: readonly CloudEvent[]): string {
  const ids = events.map(({ id }) => id).join('\n');
  return `batch.${createHash('sha256').update(ids).digest('base64url').slice(0, 22)}`;
}

function millisecondsOf(position: Position): number {
  return Number(position.split('-')[0]);
}

/** Absence: null for the beginning of all. */
function instantOf(position: Position): string | null {
  return position === '0-0' ? null : new Date(millisecondsOf(position)).toISOString();
}
