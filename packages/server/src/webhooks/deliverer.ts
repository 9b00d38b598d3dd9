/**
 * The webhooks of all apps, as one process of many sends them: the one with the lease. A thousand apps with a webhook of `defaults` are not
 * asked one by one: where much happens the tail tells (events/tail.ts), all others are one question of the store a second.
 */
import { comparePositions, type Journal, type Position, START } from '../core/events.ts';
import type { Timer } from '../core/lock-waiting.ts';
import type { WebhookPolicy } from '../core/policy.ts';
import type { SessionStore } from '../core/store.ts';
import type { Tail } from '../events/tail.ts';
import { Channel, type News } from './channel.ts';
import type { Configured } from './configured.ts';
import { takeDropped } from './consumers.ts';
import { DeadLetters } from './dead-letters.ts';
import { ASK, Lease } from './lease.ts';
import { Messages } from './message.ts';
import type { Sender } from './sender.ts';
import { changedNote, Note, stateNote } from './state.ts';

export interface DelivererOptions {
  readonly store: Pick<SessionStore, 'memo'> & { readonly journal: Pick<Journal, 'read' | 'lasts' | 'apps' | 'watch'> };
  readonly tail: Pick<Tail, 'wake'>;
  readonly configured: Configured;
  readonly sender: Pick<Sender, 'send' | 'close'>;
  readonly clock: () => number;
  /** Only goes forward. Units: milliseconds. */
  readonly elapsed: () => number;
  readonly later: Timer;
  readonly chance: () => number;
  /** Told when this process begins to send. */
  readonly onLead: () => void;
  readonly onNews: (app: string, webhook: WebhookPolicy, news: News) => void;
  readonly onError: (error: unknown) => void;
}

/** So many apps have the tail in any case; of more, those of which something was heard in the last minute. Units: milliseconds. */
const WITH_TAIL = 64;
const QUIET = 60_000;
/** Between two looks at which apps there are. Units: milliseconds. */
const LOOK = 1000;
/** How long a stop waits for answers. Units: milliseconds. */
const PATIENCE = 2000;
const PAUSE = 20;

interface OfApp {
  readonly channels: Map<string, { readonly channel: Channel; webhook: WebhookPolicy }>;
  /** Ends that the tail tells. Absence: null while it does not. */
  endTail: (() => void) | null;
  heardAt: number;
  last: Position | null;
}

export class Deliverer {
  private readonly options: DelivererOptions;
  private readonly lease: Lease;
  private readonly apps = new Map<string, OfApp>();
  /** Since when a webhook is configured, as far as this process knows; by app (`*` for those of `defaults`) and name. */
  private since = new Map<string, number>();
  /** Webhooks of `defaults` that were there before: an app that is new is told from its beginning. */
  private readonly known = new Set<string>();
  private changed: string | null = null;
  private lookedAt = Number.NEGATIVE_INFINITY;
  private looking: Promise<void> | null = null;
  private isLeading = false;
  private isStopped = false;
  private cancel: (() => void) | null = null;
  private unwatch: (() => void) | null = null;
  private round: Promise<void> = Promise.resolve();

  constructor(options: DelivererOptions) {
    this.options = options;
    this.lease = new Lease(options.store, options.clock, options.elapsed);
    this.refresh();
  }

  /** Asks for the lease from now on. */
  start(): void {
    this.unwatch = this.options.store.journal.watch((app) => this.heard(app, null));
    this.next(0);
  }

  /** Takes the webhooks that are configured now. */
  refresh(): void {
    const { configured, clock } = this.options;
    const now = clock();
    const since = new Map<string, number>();
    const own = configured.named().filter((app) => configured.webhooksOf(app) !== configured.usual());
    for (const app of own) for (const { name } of configured.webhooksOf(app)) since.set(`${app} ${name}`, now);
    for (const { name } of configured.usual()) since.set(`* ${name}`, now);
    for (const [key, at] of this.since) if (since.has(key)) since.set(key, at);
    this.since = since;
    if (this.isLeading) for (const app of [...this.apps.keys()]) this.take(app);
    this.lookedAt = Number.NEGATIVE_INFINITY;
  }

  /** Sends nothing more, notes how far it is, and lets another process go on. */
  async stop(): Promise<void> {
    this.isStopped = true;
    this.cancel?.();
    this.unwatch?.();
    await this.round;
    await this.looking;
    const channels = this.dropAll();
    const ends = this.options.elapsed() + PATIENCE;
    while (channels.some(({ isIdle }) => !isIdle) && this.options.elapsed() < ends) {
      await new Promise<void>((resolve) => this.options.later(resolve, PAUSE));
    }
    if (this.lease.isHeld) await Promise.all(channels.map((channel) => channel.save()));
    await this.lease.release().catch(this.options.onError);
    this.options.sender.close();
  }

  private next(delay: number): void {
    if (this.isStopped) return;
    this.cancel = this.options.later(() => {
      this.round = this.turn().finally(() => this.next(ASK));
    }, delay);
  }

  private async turn(): Promise<void> {
    const { onError } = this.options;
    try {
      if (this.since.size === 0) {
        if (this.isLeading) await this.leave();
      } else if (await this.lease.ask()) {
        if (!this.isLeading) this.options.onLead();
        this.isLeading = true;
        for (const { channels } of this.apps.values()) for (const { channel } of channels.values()) channel.nudge();
        // Not waited for: the lease must be renewed meanwhile.
        this.looking ??= this.look().finally(() => {
          this.looking = null;
        });
      } else {
        this.drop();
      }
    } catch (error) {
      if (!this.lease.isHeld) this.drop();
      onError(error);
    }
  }

  private drop(): void {
    this.isLeading = false;
    this.dropAll();
    this.lookedAt = Number.NEGATIVE_INFINITY;
  }

  private async leave(): Promise<void> {
    await Promise.all(this.dropAll().map((channel) => channel.save()));
    this.isLeading = false;
    await this.lease.release();
  }

  private dropAll(): Channel[] {
    const channels = [...this.apps.values()].flatMap((of) => {
      of.endTail?.();
      return [...of.channels.values()].map(({ channel }) => channel);
    });
    for (const channel of channels) channel.close();
    this.apps.clear();
    return channels;
  }

  /** Looks which apps there are, what was changed from outside, and whether something was written where the tail does not look. */
  private async look(): Promise<void> {
    const { store, configured, elapsed, onError } = this.options;
    try {
      await this.readChanged();
      if (elapsed() - this.lookedAt >= LOOK) {
        this.lookedAt = elapsed();
        await this.readKnown();
        const there = await store.journal.apps();
        if (!this.isLeading || this.isStopped) return;
        for (const app of new Set([...configured.named(), ...there])) if (!this.apps.has(app)) this.take(app);
        await this.noteKnown();
        await this.lookAtQuiet();
      }
    } catch (error) {
      this.lookedAt = Number.NEGATIVE_INFINITY;
      onError(error);
    }
  }

  private async readChanged(): Promise<void> {
    const text = await changedNote(this.options.store).read(this.options.clock());
    if (text === this.changed) return;
    this.changed = text;
    for (const { channels } of this.apps.values()) {
      for (const { channel } of channels.values()) await channel.loadIfChanged();
    }
  }

  /** Of webhooks of `defaults`: whether they were there before this process looked for the first time. */
  private async readKnown(): Promise<void> {
    const { store, configured, clock } = this.options;
    for (const { name } of configured.usual()) {
      if (!this.known.has(name) && (await new Note(store, `known.${name}`).read(clock())) !== null)
        this.known.add(name);
    }
  }

  private async noteKnown(): Promise<void> {
    const { store, configured, clock } = this.options;
    for (const { name } of configured.usual()) {
      const isLoaded = [...this.apps.values()].every(({ channels }) => channels.get(name)?.channel.isLoaded ?? true);
      if (this.known.has(name) || !isLoaded) continue;
      const note = new Note(store, `known.${name}`);
      await note.read(clock());
      await note.write('yes', clock());
      this.known.add(name);
    }
  }

  private async lookAtQuiet(): Promise<void> {
    const { store, elapsed } = this.options;
    for (const [app, of] of this.apps) {
      for (const { channel } of of.channels.values()) channel.refresh();
      const isQuiet = this.apps.size > WITH_TAIL && elapsed() - of.heardAt > QUIET;
      if (!isQuiet && of.endTail === null) of.endTail = this.options.tail.wake(app, (last) => this.heard(app, last));
      if (!isQuiet) continue;
      of.endTail?.();
      of.endTail = null;
    }
    const quiet = [...this.apps].filter(([, { endTail }]) => endTail === null);
    if (quiet.length === 0) return;
    const lasts = await store.journal.lasts(quiet.map(([app]) => app));
    for (const [i, [app, of]] of quiet.entries()) {
      const last = lasts[i]!;
      if (of.last !== null && comparePositions(of.last, last) === 0) continue;
      this.heard(app, last);
    }
  }

  /** The journal of an app is longer. */
  private heard(app: string, last: Position | null): void {
    if (!this.isLeading || this.isStopped) return;
    if (!this.apps.has(app)) this.take(app);
    const of = this.apps.get(app);
    if (of === undefined) return;
    // Where it ends at the first look says nothing of when that came.
    const isNews = last === null || (of.last !== null && comparePositions(last, of.last) !== 0);
    if (isNews) of.heardAt = this.options.elapsed();
    if (last !== null) of.last = last;
    for (const { channel } of of.channels.values()) channel.wake(last);
  }

  /** Makes the channels that an app is to have, and ends the others. */
  private take(app: string): void {
    const { configured } = this.options;
    const webhooks = configured.webhooksOf(app).filter(({ paused }) => !paused);
    const there = this.apps.get(app);
    for (const [name, { channel }] of there?.channels ?? []) {
      if (webhooks.some((webhook) => webhook.name === name)) continue;
      there!.channels.delete(name);
      channel.close();
      void channel.save();
    }
    if (webhooks.length === 0) {
      there?.endTail?.();
      this.apps.delete(app);
      return;
    }
    const never = Number.NEGATIVE_INFINITY;
    const of: OfApp = there ?? { channels: new Map(), endTail: null, heardAt: never, last: null };
    this.apps.set(app, of);
    for (const webhook of webhooks) {
      const messages = new Messages(app, { webhook, secrets: configured.secretsOf(webhook) });
      const sending = { messages, url: webhook.url, batch: webhook.batch };
      const known = of.channels.get(webhook.name);
      if (known !== undefined) {
        known.webhook = webhook;
        known.channel.use(sending);
        continue;
      }
      const channel = new Channel(this.channelOptions(app, webhook), sending);
      of.channels.set(webhook.name, { channel, webhook });
      void channel.load();
    }
  }

  private channelOptions(app: string, webhook: WebhookPolicy) {
    const { store, sender, clock, later, chance, onNews, onError } = this.options;
    const { name } = webhook;
    return {
      app,
      journal: store.journal,
      note: stateNote(store, app, name),
      letters: new DeadLetters(store, app, name, clock),
      begin: () => this.beginOf(app, name),
      dropped: () => takeDropped(store, app, name, clock),
      send: (url: string, message: Parameters<Sender['send']>[1]) => sender.send(url, message),
      mayGo: () => this.lease.isHeld,
      clock,
      later,
      chance,
      onNews: (news: News) => onNews(app, this.apps.get(app)?.channels.get(name)?.webhook ?? webhook, news),
      onError,
    };
  }

  /**
   * Where a webhook begins that was never told of anything: at the end of the journal as it was when the webhook was configured. An app
   * that came after a webhook of `defaults` is told from its first event on.
   */
  private async beginOf(app: string, name: string): Promise<Position> {
    const { store, configured } = this.options;
    const isUsual = configured.webhooksOf(app) === configured.usual();
    if (isUsual && this.known.has(name)) return (await store.journal.read(app, START, 1)).floor;
    const [last = START] = await store.journal.lasts([app]);
    const since = this.since.get(isUsual ? `* ${name}` : `${app} ${name}`);
    const configuredAt: Position = since === undefined ? last : `${Math.max(0, since - 1)}-999999999999999`;
    return comparePositions(last, configuredAt) < 0 ? last : configuredAt;
  }
}
