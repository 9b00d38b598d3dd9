// What metrics cost a request, in CPU: reads of the fast lane in one process, without sockets, with metrics and without in turns.
// The lowest of many slices counts, which holds while neighbours are busy. Run: node --import tsx bench/metrics.ts
import { DEFAULT_POLICY } from '../packages/server/src/core/policy.ts';
import { Sessions } from '../packages/server/src/core/sessions.ts';
import { guardedRoutes } from '../packages/server/src/http/app.ts';
import { FastLane, type Head, type HotEnv } from '../packages/server/src/http/hot/fast-lane.ts';
import type { Meter } from '../packages/server/src/http/message/route.ts';
import { NOBODY } from '../packages/server/src/http/sockets/metering.ts';
import { ServerMetrics } from '../packages/server/src/metrics/server-metrics.ts';
import { MemoryStore } from '../packages/server/src/stores/memory/memory-store.ts';

const SLICES = 60;
const READS = 5000;
const TOGETHER = 50;

const known = {
  version: '0',
  store: 'memory',
  inFlight: () => 0,
  streams: () => 0,
  storeUp: () => true,
  wrongKeys: () => null,
};
const metrics = new ServerMetrics([], () => ({
  ...{ ...known, adoption: () => null, keyExpires: () => null, certificateExpires: () => null, lmdbMap: () => null },
}));
const store = new MemoryStore({ clock: Date.now });

function laneOn(counted: boolean): FastLane {
  const sessions = new Sessions(counted ? metrics.measured(store) : store, () => DEFAULT_POLICY);
  const options = { sessions, clock: Date.now, isStopping: () => false, onFault: () => {} };
  return new FastLane(guardedRoutes(options), options.onFault);
}

const { token } = await new Sessions(store, () => DEFAULT_POLICY).create(
  {
    ...{ app: 'shop' as never, subject: 'user' as never, data: '{"name":"Grace Hopper"}', ip: null, userAgent: null },
    ...{ label: null, idleTimeout: 7_200_000, absoluteTimeout: null, tokenKind: 'classic' },
  },
  Date.now(),
);
const head: Head = { method: 'GET', url: `/shop/get/${token}`, headers: { host: 'localhost:3000' } };

/** As sockets/hot-connection.ts does it. */
function readOnce(lane: FastLane, meter: Meter): Promise<number> {
  return new Promise((resolve) => {
    const route = lane.routeOf(head)!;
    const env: HotEnv = { incoming: head, meter };
    const startedAt = meter === NOBODY ? 0 : performance.now();
    lane.answer(route, env, (reply) => {
      if (meter !== NOBODY) meter.answered(route.path, reply.status, performance.now() - startedAt);
      resolve(reply.status);
    });
  });
}

async function slice(lane: FastLane, meter: Meter): Promise<number> {
  const began = process.cpuUsage();
  for (let i = 0; i < READS; i += TOGETHER) {
    await Promise.all(Array.from({ length: TOGETHER }, () => readOnce(lane, meter)));
  }
  const { user, system } = process.cpuUsage(began);
  return (user + system) / READS;
}

const ways = [
  { name: 'without metrics', lane: laneOn(false), meter: NOBODY, lowest: Number.POSITIVE_INFINITY },
  { name: 'with metrics', lane: laneOn(true), meter: metrics.requests, lowest: Number.POSITIVE_INFINITY },
];
for (let i = 0; i < SLICES; i++) {
  for (const way of ways) {
    const microseconds = await slice(way.lane, way.meter);
    // The first slices run before the code is compiled.
    if (i >= 5) way.lowest = Math.min(way.lowest, microseconds);
  }
}
metrics.stop();
for (const { name, lowest } of ways) console.log(`${name.padEnd(16)} ${lowest.toFixed(2)} µs of CPU a read`);
console.log(`metrics cost     ${(ways[1]!.lowest - ways[0]!.lowest).toFixed(2)} µs`);
