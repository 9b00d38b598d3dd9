/** What `/metrics` says, read as Prometheus reads it: the value of each series by its name and labels. */
import assert from 'node:assert/strict';
import { until } from './until.ts';

export class Scrape {
  readonly text: string;
  private readonly values = new Map<string, number>();

  constructor(text: string) {
    this.text = text;
    for (const line of text.split('\n')) {
      if (line === '' || line.startsWith('#')) continue;
      const [, series, value] = /^(\S+(?:\{.*?\})?) (\S+)/.exec(line) ?? [];
      assert.ok(series !== undefined, `a line of a metric: ${line}`);
      this.values.set(series.replace(/^restsessions_/, ''), Number(value));
    }
  }

  /** `series`: without the prefix, as `name{label="value"}`. Absence: undefined. */
  of(series: string): number | undefined {
    return this.values.get(series);
  }

  /** How many requests of a route were answered with a class of status. */
  requests(route: string, status: string): number {
    return this.of(`http_request_duration_seconds_count{route="${route}",status="${status}"}`) ?? 0;
  }

  get series(): readonly string[] {
    return [...this.values.keys()];
  }
}

/** Asks a server. Errors: any status but 200. */
export async function scrape(url: string, headers: Record<string, string> = {}): Promise<Scrape> {
  const answer = await fetch(url.endsWith('/metrics') ? url : `${url}/metrics`, { headers });
  const text = await answer.text();
  assert.equal(answer.status, 200, text);
  return new Scrape(text);
}

/** Gives where a server with RS_METRICS_PORT shows its metrics, by its log. */
export async function metricsUrlOf(server: { readonly output: () => string }): Promise<string> {
  const found = () => /"url":"(http:\/\/127\.0\.0\.1:\d+\/metrics)"/.exec(server.output())?.[1];
  await until(() => found() !== undefined);
  return found()!;
}
