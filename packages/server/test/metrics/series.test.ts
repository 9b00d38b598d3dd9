/** How many series there can be: counted, because every label multiplies them. */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { routeTable } from '../../src/http/app.ts';
import type { Route } from '../../src/http/message/route.ts';
import { MOST_APPS } from '../../src/metrics/app-meter.ts';
import { render } from '../../src/metrics/render.ts';
import { ServerMetrics } from '../../src/metrics/server-metrics.ts';
import { countedOf, merge, type Snapshot } from '../../src/metrics/snapshot.ts';
import { END_REASONS, METRICS } from '../../src/metrics/table.ts';
import { MemoryStore } from '../../src/stores/memory/memory-store.ts';

/** Of the warnings of a running server: docs/operations/monitoring.md has them in a table. */
const FINDINGS = 16;

const APPS = Array.from({ length: 100 }, (_, i) => `app${i}`);

function newMetrics(apps: readonly string[] = APPS): ServerMetrics {
  const metrics = new ServerMetrics(apps, () => ({
    ...{ version: '1.2.3', store: 'lmdb', inFlight: () => 1, streams: () => 0, storeUp: () => true },
    ...{ wrongKeys: () => ({ all: 3, limited: 1 }), keyExpires: () => 1000, certificateExpires: () => 2000 },
    adoption: () => ({ isUp: true, taken: 2, left: { sessions: 5, at: 1 } }),
    lmdbMap: () => 4096,
  }));
  after(() => metrics.stop());
  return metrics;
}

/** The classes of status that each route can answer with. */
function classesByRoute(): Map<string, Set<number>> {
  const options = { clock: () => 0, isStopping: () => false, onFault: () => {}, metrics: async () => '' };
  const routes = routeTable({ sessions: { policy: () => ({}) } as never, ...options });
  const classes = new Map([['none', new Set([2, 4, 5])]]);
  const add = (path: string, ...more: number[]) => classes.set(path, new Set([...(classes.get(path) ?? []), ...more]));
  for (const route of routes as (Route & { operation?: { answers: object } })[]) {
    for (const status of Object.keys(route.operation?.answers ?? { 200: 1 }))
      add(route.path, Math.floor(+status / 100));
    if (route.scope !== null) add(route.path, 4, 5);
  }
  add('/', 3, 4);
  add('/docs/guides/:guide', 4);
  for (const path of ['/readyz', '/health', '/healthz']) add(path, 5);
  return classes;
}

const samplesIn = (text: string) => text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));

describe('the number of series', () => {
  test('is bounded whatever callers name, and exactly so much with 64 apps when everything has happened', async () => {
    const metrics = newMetrics();
    for (const [route, classes] of classesByRoute())
      for (const nth of classes) metrics.requests.answered(route, 100 * nth, 1);
    const store = metrics.measured(new MemoryStore());
    const verbs = Object.getOwnPropertyNames(MemoryStore.prototype).filter((name) => name in store);
    for (const verb of verbs) {
      if (verb === 'constructor' || verb === 'close') continue;
      const call = (store as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>)[verb]!;
      await call.call(store, { app: 'x' }, {}, {}, 0).catch(() => {});
    }
    for (const app of [...APPS, ...Array.from({ length: 1000 }, (_, i) => `stranger${i}`)]) {
      metrics.apps.created(app);
      metrics.apps.tokenReused(app);
      metrics.apps.missed(app);
      for (const reason of END_REASONS) metrics.apps.ended(app, reason, 1);
    }
    await metrics.apps.count(
      { apps: async () => APPS, count: async () => ({ sessions: 2, subjects: 1 }) },
      1,
      () => false,
    );
    metrics.journals.use(
      APPS.map((app) => ({ app, events: 2, bytes: 200, waiting: 1 })),
      1,
    );
    metrics.found(Array.from({ length: FINDINGS }, (_, i) => `code${i}`));
    const snapshot = metrics.snapshot();
    const count = (name: string) => {
      const family = snapshot.find((one) => one.name === name)!;
      return samplesIn(render([family], 'text')).length;
    };
    const http = [...classesByRoute().values()].reduce((sum, classes) => sum + classes.size, 0);
    const expected: Record<string, number> = {
      [METRICS.requests.name]: http * 9,
      [METRICS.storeDuration.name]: 17 * 10,
      [METRICS.ended.name]: 65 * END_REASONS.length,
      [METRICS.storeBatch.name]: 10,
      [METRICS.loopDelay.name]: 10,
      [METRICS.storeFindings.name]: FINDINGS,
      [METRICS.wrongKeys.name]: 2,
      [METRICS.webhookRequests.name]: 3,
    };
    for (const by of ['sessions', 'subjects', 'created', 'tokenReuse', 'failedVerifies'] as const) {
      expected[METRICS[by].name] = MOST_APPS + 1;
    }
    for (const { name } of Object.values(METRICS)) assert.equal(count(name), expected[name] ?? 1, name);
    const all = samplesIn(render(snapshot, 'text')).length;
    assert.ok(all <= 2500, `${all} series`);
    assert.equal(samplesIn(render(snapshot, 'openmetrics')).length, all);
    const began = process.cpuUsage();
    render(merge([metrics.snapshot()]), 'text');
    const { user, system } = process.cpuUsage(began);
    console.log(`${all} series, ${((user + system) / 1000).toFixed(1)} ms of CPU`);
  });

  test('of an app that the policy file no longer names: its own are gone, and it is counted with the others', () => {
    const metrics = newMetrics(['shop', 'blog']);
    metrics.apps.created('shop');
    metrics.apps.created('blog');
    metrics.apps.use(['blog', 'news']);
    metrics.apps.created('shop');
    const created = metrics.snapshot().find(({ name }) => name === METRICS.created.name)!;
    assert.deepEqual(
      new Map(created.series.map(({ labels: [app], value }) => [app, value])),
      new Map([
        ['other', 1],
        ['blog', 1],
        ['news', 0],
      ]),
    );
  });
});

describe('snapshots of several processes', () => {
  const one = (type: 'counter' | 'gauge', how: object, value: number): Snapshot => [
    { name: 'x', type, help: 'x', labels: ['a'], ...how, series: [{ labels: ['1'], value }] },
  ];
  const valuesIn = (snapshot: Snapshot) => snapshot[0]!.series.map(({ value }) => value);

  test('survive JSON, and are summed; gauges as their table says', () => {
    const metrics = newMetrics(['shop']);
    metrics.requests.answered('/x', 200, 3);
    metrics.requests.answered('/x', 200, 3000);
    const snapshot = JSON.parse(JSON.stringify(metrics.snapshot())) as Snapshot;
    assert.equal(render(snapshot, 'text'), render(merge([snapshot]), 'text'));
    const two = render(merge([snapshot, snapshot]), 'text');
    assert.match(two, /request_duration_seconds_bucket\{route="\/x",status="2xx",le="0.005"\} 2\n/);
    assert.match(two, /request_duration_seconds_count\{route="\/x",status="2xx"\} 4\n/);
    assert.match(two, /request_duration_seconds_sum\{route="\/x",status="2xx"\} 6.006\n/);
    assert.match(two, /^restsessions_http_requests_in_flight 2$/m);
    assert.match(two, /^restsessions_store_up 1$/m);
    const cases = [
      [{ merge: 'sum' }, 12],
      [{ merge: 'max' }, 7],
      [{ merge: 'min' }, 5],
      [{ merge: 'latest', at: 1 }, 5],
    ] as const;
    for (const [how, value] of cases) {
      const [a, b] = [one('gauge', how, 5), one('gauge', { ...how, ...('at' in how && { at: 0 }) }, 7)];
      assert.deepEqual(valuesIn(merge([a, b])), [value], how.merge);
      assert.deepEqual(valuesIn(merge([b, a])), [value], how.merge);
    }
    assert.deepEqual(valuesIn(merge([one('counter', {}, 5), one('counter', {}, 7)])), [12]);
  });

  test('of a process that has ended: what it counted stays, its gauges do not', () => {
    const last = countedOf([...one('counter', {}, 5), ...one('gauge', { merge: 'sum' }, 7)]);
    assert.deepEqual(
      last.map(({ type }) => type),
      ['counter'],
    );
  });
});

describe('the text', () => {
  test('names the trace of a request in OpenMetrics alone, and ends there with EOF', () => {
    const metrics = newMetrics([]);
    metrics.requests.answered('/x', 200, 3, '4bf92f3577b34da6a3ce929d0e0e4736');
    const text = render(metrics.snapshot(), 'openmetrics');
    assert.match(text, /le="0.005"\} 1 # \{trace_id="4bf92f3577b34da6a3ce929d0e0e4736"\} 0.003 \d+\.\d{3}\n/);
    assert.match(text, /\n# EOF\n$/);
    assert.doesNotMatch(render(metrics.snapshot(), 'text'), /trace_id|EOF/);
  });

  test('escapes what labels and help may not have', () => {
    const family = { name: 'x', type: 'gauge', help: 'a "b"\\\nc', labels: ['l'] } as const;
    const text = render([{ ...family, series: [{ labels: ['a"b\\c\nd'], value: 1 }] }], 'text');
    assert.equal(text, '# HELP x a "b"\\\\\\nc\n# TYPE x gauge\nx{l="a\\"b\\\\c\\nd"} 1\n');
  });
});
