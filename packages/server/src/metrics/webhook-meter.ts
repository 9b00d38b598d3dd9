/** What became of webhooks. Over all apps and receivers: series for each of them would be too many, and the log names them. */
import { ByLabels, Counter } from './series.ts';
import type { Series } from './snapshot.ts';

const OUTCOMES = ['delivered', 'refused', 'failed'] as const;
export type WebhookOutcome = (typeof OUTCOMES)[number];

export class WebhookMeter {
  private readonly requests = new ByLabels(() => new Counter());
  readonly deadLetters = new Counter();

  constructor() {
    for (const outcome of OUTCOMES) this.requests.of(outcome);
  }

  requested(outcome: WebhookOutcome): void {
    this.requests.of(outcome).add();
  }

  /** Gives the requests by outcome. */
  requestSeries(): Series[] {
    return this.requests.series();
  }
}
