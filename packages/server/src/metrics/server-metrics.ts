/** The metrics of one server process: who counts what, and the picture of all of it when somebody asks. */
import type { SessionStore } from '../core/store.ts';
import { AppMeter } from './app-meter.ts';
import { JournalMeter } from './journal-meter.ts';
import { MeasuredStore, StoreDurations } from './measured-store.ts';
import { ProcessMeter } from './process-meter.ts';
import { type Form, render } from './render.ts';
import { RequestMeter } from './request-meter.ts';
import { Histogram } from './series.ts';
import { type Family, merge, type Series, type Snapshot } from './snapshot.ts';
import { METRICS, type Metric } from './table.ts';
import { WebhookMeter } from './webhook-meter.ts';

/** What others know, asked when somebody wants to see it. Nothing of it may take long or wait. Units: epoch milliseconds. */
export interface Known {
  readonly version: string;
  /** `lmdb`, `redis` or `memory`. */
  readonly store: string;
  readonly inFlight: () => number;
  /** Open streams of events. */
  readonly streams: () => number;
  readonly storeUp: () => boolean;
  /** Absence: null when nothing is taken over from elsewhere. */
  readonly adoption: () => AdoptionState | null;
  readonly wrongKeys: () => { readonly all: number; readonly limited: number } | null;
  /** Absence: null when no key ends. */
  readonly keyExpires: () => number | null;
  /** Absence: null without TLS. */
  readonly certificateExpires: () => number | null;
  /** Absence: null where the store is another one, or cannot tell. Units: bytes. */
  readonly lmdbMap: () => number | null;
}

/** How far the adoption of sessions from elsewhere has come (RS_ADOPT). */
export interface AdoptionState {
  readonly isUp: boolean;
  /** Taken over by this process. */
  readonly taken: number;
  /** As this process has counted last. Absence: null when another process counts, or nobody has yet. */
  readonly left: { readonly sessions: number; readonly at: number } | null;
}

export class ServerMetrics {
  readonly requests: RequestMeter;
  readonly apps: AppMeter;
  readonly journals = new JournalMeter();
  readonly webhooks = new WebhookMeter();
  readonly batches = new Histogram(METRICS.storeBatch.bounds);
  private readonly durations = new StoreDurations();
  private readonly process = new ProcessMeter();
  /** Codes that were found once are told as 0 when they are gone. */
  private findings: ReadonlyMap<string, number> = new Map();
  /** Gives the pictures of all processes of the server. */
  private gather = async (): Promise<readonly Snapshot[]> => [this.snapshot()];
  private readonly known: () => Known;

  /** `apps`: those that the policy file names. `known` is asked when the first picture is made. `clock`: epoch milliseconds. */
  constructor(apps: readonly string[], known: () => Known, clock: () => number = Date.now) {
    this.apps = new AppMeter(apps, clock);
    this.requests = new RequestMeter(this.apps);
    this.known = known;
  }

  measured(store: SessionStore): SessionStore {
    return new MeasuredStore(store, this.apps, this.durations);
  }

  /**
   * Shows this process together with others from now on. `gather` gives the snapshots of all, this one included; none when nobody can
   * be asked.
   */
  shownWith(gather: () => Promise<readonly unknown[]>): void {
    this.gather = async () => {
      const all = (await gather()) as readonly Snapshot[];
      return all.length > 0 ? all : [this.snapshot()];
    };
  }

  /** Takes what a look at the store has found, by the codes of the findings. */
  found(codes: readonly string[]): void {
    const now = new Map([...this.findings.keys()].map((code) => [code, 0]));
    for (const code of codes) now.set(code, (now.get(code) ?? 0) + 1);
    this.findings = now;
  }

  /** Gives the metrics of all processes as text. */
  async text(form: Form): Promise<string> {
    return render(merge(await this.gather()), form);
  }

  /** Gives the metrics of this process. */
  snapshot(): Snapshot {
    const { requests, apps, journals, webhooks, durations, batches, process, known } = this;
    const { version, store, ...now } = known();
    const wrongKeys = now.wrongKeys();
    const byApp = apps.counts();
    const refused = wrongKeys && [
      { labels: ['refused'], value: wrongKeys.all - wrongKeys.limited },
      { labels: ['limited'], value: wrongKeys.limited },
    ];
    const adoption = now.adoption();
    // Of several processes the latest value counts, by the family it is in.
    const measuredAt = (name: keyof typeof METRICS) => {
      if (name === 'adoptLeft') return adoption?.left?.at ?? 0;
      return name.startsWith('journal') ? journals.lookedAt : apps.countedAt;
    };
    const series: Record<keyof typeof METRICS, readonly Series[]> = {
      requests: requests.series(),
      inFlight: one(now.inFlight()),
      shed: [requests.shedding.series([])],
      storeDuration: durations.series(),
      storeBatch: [batches.series([])],
      storeUp: one(now.storeUp() ? 1 : 0),
      storeFindings: [...this.findings].map(([code, value]) => ({ labels: [code], value })),
      lmdbMap: one(now.lmdbMap()),
      sessions: apps.alive('sessions'),
      subjects: apps.alive('subjects'),
      created: byApp.created.series(),
      ended: byApp.ended.series(),
      tokenReuse: byApp.tokenReuse.series(),
      journalEvents: journals.events(),
      journalBytes: journals.most('bytes'),
      journalWaiting: journals.most('waiting'),
      eventsDropped: [journals.dropped.series([])],
      streams: one(now.streams()),
      webhookRequests: webhooks.requestSeries(),
      deadLetters: [webhooks.deadLetters.series([])],
      failedVerifies: byApp.failedVerifies.series(),
      adoptLeft: one(adoption?.left?.sessions ?? null),
      adopted: one(adoption?.taken ?? null),
      adoptUp: one(adoption && (adoption.isUp ? 1 : 0)),
      wrongKeys: refused ?? [],
      keyExpires: one(seconds(now.keyExpires())),
      certificateExpires: one(seconds(now.certificateExpires())),
      loopDelay: [process.delays.series([])],
      build: [{ labels: [version, globalThis.process.versions.node, store], value: 1 }],
      cpu: one(process.cpu),
      residentMemory: one(process.residentMemory),
      openFiles: one(process.openFiles),
      maxFiles: one(process.maxFiles),
      startTime: one(process.startedAt),
    };
    const names = Object.keys(METRICS) as (keyof typeof METRICS)[];
    return names.map((name): Family => {
      const metric: Metric = METRICS[name];
      return { ...metric, ...(metric.merge === 'latest' && { at: measuredAt(name) }), series: series[name] };
    });
  }

  stop(): void {
    this.process.stop();
  }
}

function one(value: number | null): Series[] {
  return value === null ? [] : [{ labels: [], value }];
}

function seconds(instant: number | null): number | null {
  return instant === null ? null : instant / 1000;
}
