/** The webhooks of a server: made for serve.ts. */
import { performance } from 'node:perf_hooks';
import type { Config } from './config.ts';
import type { WebhookPolicy } from './core/policy.ts';
import type { SessionStore } from './core/store.ts';
import { isReservedApp } from './core/validate.ts';
import type { Tail } from './events/tail.ts';
import type { Webhooks } from './http/message/webhooks.ts';
import type { Log } from './log/log.ts';
import type { WebhookMeter, WebhookOutcome } from './metrics/webhook-meter.ts';
import type { PolicyFile } from './policy/file.ts';
import { Administration } from './webhooks/administration.ts';
import type { News } from './webhooks/channel.ts';
import type { Configured } from './webhooks/configured.ts';
import { agentsFor } from './webhooks/connecting.ts';
import { type Consumer, consumersOf, noteDropped } from './webhooks/consumers.ts';
import { Deliverer } from './webhooks/deliverer.ts';
import { Networks } from './webhooks/networks.ts';
import { isDelivered, type Outcome, Sender } from './webhooks/sender.ts';

export interface OpenWebhooks {
  readonly administration: Webhooks;
  /** Takes part in sending from now on. Gives a function that ends it. */
  readonly lead: () => () => Promise<void>;
  /** Takes the webhooks of the policy that is in force now. */
  readonly refresh: () => void;
  /** Gives what webhooks of an app still need of its journal. */
  readonly consumersOf: (app: string) => Promise<readonly Consumer[]>;
  /** Notes that the journal is about to drop events that a webhook has not had, for the `gap` that it is told of. */
  readonly dropped: (app: string, webhook: string, events: number) => Promise<void>;
  /** Ends what an administrator sends at this moment. */
  readonly stop: () => void;
}

export interface WebhooksOptions {
  /** Absence: null when there is none, and no webhook. */
  readonly policy: PolicyFile | null;
  readonly store: Pick<SessionStore, 'memo' | 'journal'>;
  readonly tail: Tail;
  readonly networks: Config['webhookNetworks'];
  readonly version: string;
  readonly clock: () => number;
  readonly later: (run: () => void, delay: number) => () => void;
  readonly log: Log;
  /** Told of each request to a receiver, and of events that were given up. */
  readonly meter: WebhookMeter;
  readonly onError: (error: unknown) => void;
}

export function openWebhooks(options: WebhooksOptions): OpenWebhooks {
  const { policy, store, tail, version, clock, later, log, meter, onError } = options;
  const configured = configuredBy(policy);
  const networks = new Networks(options.networks);
  const userAgent = `REST-Sessions/${version}`;
  const newSender = () =>
    new Sender({
      agents: agentsFor(networks),
      clock,
      userAgent,
      onOutcome: (outcome) => meter.requested(outcomeOf(outcome)),
    });
  const sender = newSender();
  let deliverer: Deliverer | null = null;
  const common = { store, configured, clock };
  return {
    administration: new Administration({ ...common, sender }),
    lead: () => {
      if (policy === null) return async () => {};
      const elapsed = () => performance.now();
      const chance = () => Math.random();
      const onLead = () => log.info('this process sends the webhooks');
      const sending = {
        sender: newSender(),
        tail,
        elapsed,
        later,
        chance,
        onLead,
        onNews: tellerOf(log, meter),
        onError,
      };
      deliverer = new Deliverer({ ...common, ...sending });
      deliverer.start();
      return () => deliverer!.stop();
    },
    refresh: () => deliverer?.refresh(),
    consumersOf: (app) => consumersOf(app, configured, store, clock()),
    dropped: (app, webhook, events) => noteDropped(store, app, webhook, events, clock),
    stop: () => sender.close(),
  };
}

function configuredBy(policy: PolicyFile | null): Configured {
  const webhooksOf = (app: string) => {
    if (policy === null || isReservedApp(app)) return [];
    try {
      return policy.source(app).webhooks;
    } catch {
      // The app is not served (`strictApps`).
      return [];
    }
  };
  return {
    named: () => policy?.apps ?? [],
    webhooksOf,
    usual: () => policy?.usualWebhooks ?? [],
    secretsOf: (webhook) => policy?.secretsOf(webhook) ?? [],
  };
}

function outcomeOf(outcome: Outcome): WebhookOutcome {
  if (outcome.kind === 'failed') return 'failed';
  return isDelivered(outcome) ? 'delivered' : 'refused';
}

/** Says what became of a webhook, by its name: its address may be a secret of the receiver. */
function tellerOf(log: Log, meter: WebhookMeter) {
  return (app: string, { name }: WebhookPolicy, news: News): void => {
    const about = { app, webhook: name };
    if (news.kind === 'disabled') {
      log.error(about, 'the receiver of a webhook says that it is gone (410): nothing is sent until it is enabled');
    } else if (news.kind === 'down')
      log.warn(about, 'the receiver of a webhook fails again and again: it is asked now and then');
    else if (news.kind === 'up') log.info(about, 'the receiver of a webhook answers again');
    else if (news.kind === 'gap')
      log.error({ ...about, dropped: news.dropped }, 'the journal dropped events before a webhook had them');
    else {
      meter.deadLetters.add(news.events);
      log.error(
        { ...about, events: news.events, why: news.why },
        'events of a webhook were given up: they are dead letters',
      );
    }
  };
}
