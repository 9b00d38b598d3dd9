/** Counts answered requests by the template of their route and the class of their status. On the way of every request: nothing is allocated here. */
import type { AppMeter } from './app-meter.ts';
import { Counter, Histogram } from './series.ts';
import type { Series } from './snapshot.ts';
import { METRICS } from './table.ts';

export class RequestMeter {
  readonly shedding = new Counter();
  /** By route, then by class of the status: 2 for 2xx. */
  private readonly byRoute = new Map<string, (Histogram | undefined)[]>();
  private readonly apps: AppMeter;

  constructor(apps: AppMeter) {
    this.apps = apps;
  }

  /** `duration`: in milliseconds. `traceId`: absence: undefined where the request has no trace. */
  answered(route: string, status: number, duration: number, traceId?: string): void {
    let classes = this.byRoute.get(route);
    if (classes === undefined) {
      classes = new Array(6).fill(undefined);
      this.byRoute.set(route, classes);
    }
    const nth = (status / 100) | 0;
    let histogram = classes[nth];
    if (histogram === undefined) {
      histogram = new Histogram(METRICS.requests.bounds);
      classes[nth] = histogram;
    }
    histogram.observe(duration / 1000, traceId);
  }

  /** Counts a request that was turned away because the server is full. */
  shed(): void {
    this.shedding.add();
  }

  /** Counts a token that opened nothing. `app`: empty when it was looked for in several. */
  missed(app: string): void {
    this.apps.missed(app);
  }

  series(): Series[] {
    return [...this.byRoute].flatMap(([route, classes]) =>
      classes.flatMap((histogram, nth) => histogram?.series([route, `${nth}xx`]) ?? []),
    );
  }
}
