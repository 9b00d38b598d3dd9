/**
 * What a read leaves for the garbage collector, counted in collections of the young generation of a known size: V8's own
 * count (`--trace-gc`), not time. Code that allocates more for each read is slower everywhere, and shows here on a busy
 * machine, too.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Client } from '../support/client.ts';
import { forAllTests, PATIENT, startRedis } from '../support/redis.ts';
import { type Cleanup, MAIN, type ServerProcess, startServer } from '../support/server.ts';
import { type Line, openLine, read } from './requests.ts';

/** Until the code that allocates least is compiled; then those that count. */
const WARM_UP = 2500;
const TIMES = 2500;
/** So that reads come together, as they do under load. */
const LINES = 16;
/** Half a young generation: one collection each time that so much was allocated. Units: MiB, the least there is. */
const HALF = 1;
const NODE = ['--trace-gc', `--min-semi-space-size=${HALF}`, `--max-semi-space-size=${HALF}`];

/**
 * Units: KiB a read. A tenth more than was counted on Node 20; two runs differ by a few hundredths. Some 0.4 of it is what tells
 * metrics when the store has answered: a promise and a function.
 */
const MOST = { Redis: { classic: 9, v1: 13.2 }, 'the embedded store': { classic: 9.1, v1: 12.3 } } as const;

describe('what a read leaves for the garbage collector', () => {
  const redis = forAllTests((cleanup) => startRedis(cleanup));
  const start = (cleanup: Cleanup, env: Record<string, string>) =>
    startServer(cleanup, { ...PATIENT, ...env }, [process.execPath, ...NODE, MAIN]);
  const servers = {
    Redis: forAllTests((cleanup) => start(cleanup, { RS_STORE: `redis://127.0.0.1:${redis().port}` })),
    'the embedded store': forAllTests((cleanup) => start(cleanup, {})),
  };

  for (const [name, server] of Object.entries(servers) as [keyof typeof MOST, () => ServerProcess][]) {
    test(`is no more than it was, on ${name}`, async (t) => {
      const client = new Client(server().url);
      const token = await client.create('cost', 'user', { name: 'Grace Hopper', theme: 'dark' });
      client.close();
      const lines = await Promise.all(Array.from({ length: LINES }, () => openLine(server().port)));
      t.after(() => {
        for (const { socket } of lines) socket.destroy();
      });
      const requests = {
        classic: read(`/cost/get/${token}`),
        v1: read('/v1/apps/cost/session', [`Session-Token: ${token}`]),
      };
      for (const form of ['classic', 'v1'] as const) {
        await readAll(lines, requests[form], WARM_UP);
        const before = collections(server());
        await readAll(lines, requests[form], TIMES);
        const each = ((collections(server()) - before) * HALF * 1024) / TIMES;
        assert.ok(each > 0, 'V8 tells of its collections');
        const told = `a ${form} read allocates ${each.toFixed(1)} KiB, and may ${MOST[name][form]}`;
        t.diagnostic(told);
        assert.ok(each <= MOST[name][form], told);
      }
    });
  }
});

async function readAll(lines: readonly Line[], request: string, times: number): Promise<void> {
  for (let i = 0; i < times; i += lines.length) await Promise.all(lines.map((line) => line.send(request).answered));
}

function collections(server: ServerProcess): number {
  return server.output().match(/ Scavenge /g)?.length ?? 0;
}
