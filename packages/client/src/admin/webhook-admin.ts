/** A webhook of an app: what an operator does when its receiver was away. */
import type { CallOptions } from '../call-options.ts';
import { call, each, namePart, type SettingsOf } from './calls.ts';
import type { DeadLetter, DeadLetterPage, Delivery, Resent } from './types.ts';

/** A receiver may take 15 seconds, and a resend of all goes on for 20. Units: milliseconds. */
const RECEIVING = 20_000;
const RECEIVING_ALL = 40_000;

export interface DeadLetterOptions extends CallOptions {
  /** In a page: 1 to 100. Default: 50. */
  readonly limit?: number | undefined;
  readonly cursor?: string | null | undefined;
}

export class WebhookAdmin {
  readonly name: string;
  private readonly settings: SettingsOf;

  constructor(settings: SettingsOf, name: string) {
    this.settings = settings;
    this.name = name;
  }

  /** Sends a sample event. Gives what the receiver answered. Scope: admin. Errors: `webhook_not_found`. */
  test(options: CallOptions = {}): Promise<Delivery> {
    return this.post('/test', 'delivered', options, RECEIVING);
  }

  /** Gives a page of the events that were given up, the oldest first. Scope: read. Errors: `webhook_not_found`. */
  async deadLetters({ signal, ...query }: DeadLetterOptions = {}): Promise<DeadLetterPage> {
    return call(this.settings(), 'GET', `${this.path()}/dead-letters`, { query, signal, has: 'deadLetters' });
  }

  /** Goes through them, page by page. */
  eachDeadLetter(options: Omit<DeadLetterOptions, 'cursor'> = {}): AsyncGenerator<DeadLetter, void, undefined> {
    return each(async (from) => {
      const { deadLetters: items, cursor } = await this.deadLetters({ limit: 100, ...options, cursor: from });
      return { items, cursor };
    });
  }

  /** Sends one of them again. Gives what the receiver answered. Scope: admin. Errors: `webhook_not_found`, `dead_letter_not_found`. */
  async resend(id: string, options: CallOptions = {}): Promise<Delivery> {
    return this.post(`/dead-letters/${namePart(id, 'id')}/resend`, 'delivered', options, RECEIVING);
  }

  /** Sends all of them again, until the receiver refuses one or 20 seconds are over. Scope: admin. Errors: `webhook_not_found`. */
  resendAll(options: CallOptions = {}): Promise<Resent> {
    return this.post('/resend', 'resent', options, RECEIVING_ALL);
  }

  /** Sends again what happened since an instant (RFC 3339) or a position of the events. Gives how many events that is. Scope: admin. */
  async replay(from: string, { signal }: CallOptions = {}): Promise<number> {
    const asked = { query: { from }, signal, has: 'events' };
    return (await call<{ events: number }>(this.settings(), 'POST', `${this.path()}/replay`, asked)).events;
  }

  /** Lets one go on whose receiver said 410. Gives whether it was off. Scope: admin. Errors: `webhook_not_found`. */
  async enable(options: CallOptions = {}): Promise<boolean> {
    return (await this.post<{ enabled: boolean }>('/enable', 'enabled', options, 0)).enabled;
  }

  private path(): string {
    return `/webhooks/${namePart(this.name, 'the name of a webhook')}`;
  }

  private async post<Body>(path: string, has: string, { signal }: CallOptions, longer: number): Promise<Body> {
    return call(this.settings(), 'POST', this.path() + path, { signal, has, longer });
  }
}
