/**
 * What an administrator sees of webhooks, and does: in any process, whichever of them sends. What is asked for with an answer (a sample, a
 * dead letter) is sent here and now; what changes how far a webhook is goes by its state in the store, and the process that sends reads
 * it again within a second.
 */
import { randomUUID } from 'node:crypto';
import { ServiceError } from '../core/errors.ts';
import { comparePositions, type Journal, type Position, START } from '../core/events.ts';
import type { WebhookPolicy } from '../core/policy.ts';
import type { SessionStore } from '../core/store.ts';
import { cloudEvent } from '../events/cloud-event.ts';
import type { Sent, ShownLetter, WebhookState, Webhooks } from '../http/message/webhooks.ts';
import type { Configured } from './configured.ts';
import { justBefore } from './consumers.ts';
import { type DeadLetter, DeadLetters } from './dead-letters.ts';
import { Messages } from './message.ts';
import { isDelivered, type Message, type Sender } from './sender.ts';
import { changedNote, packState, type State, stateAt, stateNote, unpackState } from './state.ts';

export interface AdministrationOptions {
  readonly store: Pick<SessionStore, 'memo'> & { readonly journal: Pick<Journal, 'extent' | 'count' | 'lasts'> };
  readonly configured: Pick<Configured, 'webhooksOf' | 'secretsOf'>;
  readonly sender: Pick<Sender, 'send'>;
  readonly clock: () => number;
}

/** How long a resend of all goes on. Units: milliseconds. */
const PATIENCE = 20_000;

export class Administration implements Webhooks {
  private readonly options: AdministrationOptions;

  constructor(options: AdministrationOptions) {
    this.options = options;
  }

  async list(app: string): Promise<readonly WebhookState[]> {
    const webhooks = this.options.configured.webhooksOf(app);
    return Promise.all(webhooks.map((webhook) => this.stateOf(app, webhook)));
  }

  async deadLetters(app: string, name: string, after: string | null, limit: number) {
    this.find(app, name);
    const { letters, isLast } = await this.letters(app, name).page(numberOf(after ?? '0') ?? 0, limit);
    const shown = letters.map(({ id, at, attempts, why, event }): ShownLetter => {
      return { id: `${id}`, at, attempts, failure: why, event: cloudEvent(app, event) };
    });
    return { letters: shown, next: isLast ? null : (shown.at(-1)?.id ?? null) };
  }

  async resend(app: string, name: string, id: string): Promise<Sent | null> {
    const webhook = this.find(app, name);
    const number = numberOf(id);
    const letter = number === null ? null : await this.letters(app, name).get(number);
    return letter && this.sendLetter(app, webhook, letter);
  }

  async resendAll(app: string, name: string) {
    const webhook = this.find(app, name);
    const letters = this.letters(app, name);
    const ends = this.options.clock() + PATIENCE;
    const ids = await letters.ids();
    let resent = 0;
    for (const id of ids) {
      if (this.options.clock() > ends) break;
      const letter = await letters.get(id);
      if (letter === null) continue;
      if (!(await this.sendLetter(app, webhook, letter)).delivered) break;
      resent++;
    }
    return { resent, left: (await letters.ids()).length };
  }

  async replay(app: string, name: string, from: number | Position): Promise<number> {
    this.find(app, name);
    const { journal } = this.options.store;
    const { floor, last } = await journal.extent(app);
    const asked = typeof from === 'string' ? from : from <= 0 ? START : justBefore(`${from}-0`);
    // What is gone is no gap: nobody had to have it once more.
    const at = comparePositions(asked, floor) < 0 ? floor : comparePositions(asked, last) < 0 ? asked : last;
    await this.change(app, name, (state) => {
      // What waits from before that instant goes on waiting.
      const isEarlier = ({ position }: { position: Position }) => comparePositions(position, at) <= 0;
      // Of a batch with events from before and after it, too.
      const earlier = state.units.map((unit) => ({ ...unit, entries: unit.entries.filter(isEarlier) }));
      const units = earlier.filter(({ entries, gap }) => gap !== null || entries.length > 0);
      // Nothing that is not delivered may be left out: it goes back only.
      const start = comparePositions(at, state.at) < 0 ? at : state.at;
      return { ...state, at: start, units, held: state.held.filter(isEarlier), rest: 0 };
    });
    return journal.count(app, at, last);
  }

  async test(app: string, name: string): Promise<Sent> {
    const webhook = this.find(app, name);
    const { clock } = this.options;
    return this.send(webhook, this.messagesOf(app, webhook).ofTest(randomUUID(), clock()));
  }

  async enable(app: string, name: string): Promise<boolean> {
    this.find(app, name);
    let wasDisabled = false;
    await this.change(app, name, (state) => {
      wasDisabled = state.disabled !== null;
      return wasDisabled ? { ...state, disabled: null, rest: 0 } : null;
    });
    return wasDisabled;
  }

  private async stateOf(app: string, webhook: WebhookPolicy): Promise<WebhookState> {
    const { store, clock } = this.options;
    const text = await stateNote(store, app, webhook.name).read(clock());
    const [last = '0-0'] = await store.journal.lasts([app]);
    const state = text === null ? stateAt(last) : unpackState(text);
    const waiting = state.units.reduce((sum, { entries }) => sum + entries.length, state.held.length);
    const isFailing = state.failed !== null && state.failed.at > (state.delivered ?? 0);
    const active = isFailing ? 'failing' : 'active';
    return {
      name: webhook.name,
      kind: webhook.kind,
      state: webhook.paused ? 'paused' : state.disabled !== null ? 'disabled' : active,
      behind: (await store.journal.count(app, state.at, last)) + waiting,
      waiting,
      deadLetters: (await this.letters(app, webhook.name).ids()).length,
      dead: state.dead,
      deadDropped: state.deadDropped,
      deliveredAt: state.delivered,
      failedAt: state.failed?.at ?? null,
      failure: state.failed?.why ?? null,
      disabledAt: state.disabled,
    };
  }

  /** Absence: `change` gives null to leave it. */
  private async change(app: string, name: string, change: (state: State) => State | null): Promise<void> {
    const { store, clock } = this.options;
    const [last = '0-0'] = await store.journal.lasts([app]);
    let isChanged = false;
    await stateNote(store, app, name).change((text) => {
      const next = change(text === null ? stateAt(last) : unpackState(text));
      isChanged = next !== null;
      return next && packState(next);
    }, clock);
    if (isChanged) await changedNote(store).change(() => randomUUID(), clock);
  }

  private async sendLetter(app: string, webhook: WebhookPolicy, { id, event }: DeadLetter): Promise<Sent> {
    const sent = await this.send(webhook, this.messagesOf(app, webhook).ofEvents([event], this.options.clock()));
    if (sent.delivered) await this.letters(app, webhook.name).remove(id);
    return sent;
  }

  private async send({ url }: WebhookPolicy, message: Message): Promise<Sent> {
    const outcome = await this.options.sender.send(url, message);
    if (outcome.kind === 'failed') return { delivered: false, status: null, failure: outcome.why };
    const { status } = outcome;
    const delivered = isDelivered(outcome);
    return { delivered, status, failure: delivered ? null : `it answered ${status}` };
  }

  private messagesOf(app: string, webhook: WebhookPolicy): Messages {
    return new Messages(app, { webhook, secrets: this.options.configured.secretsOf(webhook) });
  }

  private letters(app: string, name: string): DeadLetters {
    return new DeadLetters(this.options.store, app, name, this.options.clock);
  }

  private find(app: string, name: string): WebhookPolicy {
    const webhook = this.options.configured.webhooksOf(app).find((one) => one.name === name);
    if (webhook === undefined) throw new ServiceError('webhook_not_found', 'the app has no webhook with this name');
    return webhook;
  }
}

/** Absence: null for a text that is no number of a dead letter. */
function numberOf(id: string): number | null {
  return /^(?:0|[1-9]\d{0,14})$/.test(id) ? Number(id) : null;
}
