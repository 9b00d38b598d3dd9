/** The vectors of streams, judged by a reader of somebody else: the package eventsource, which does as browsers do. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { EventSource } from 'eventsource';
import { eventVectors, type StreamVector, type ToldItem } from '../event-plays.mjs';
import { startFakeServer } from '../fake-server.mjs';

/**
 * What it does not do as the specification of event streams says: it waits for what comes behind a CR at the end of a piece, knows
 * only the byte order mark of its first connection, lets a position count only with data, and forgets it at an event without one.
 * Where a `resync` without a position of its own leads is a rule of ours.
 */
const OF_OTHERS = [
  'line-ends-of-all-kinds',
  'byte-order-mark',
  'position-without-an-event',
  'event-without-a-position',
  'resync',
];
/** It leaves to its users what to do when a server is away or silent, and what is no event. */
const isJudged = ({ name, connections, asks, error }: StreamVector) =>
  !OF_OTHERS.includes(name) &&
  error === undefined &&
  asks.silence === undefined &&
  connections.every(({ answer }) => answer === undefined);

describe('a reader as in browsers', () => {
  let server: Awaited<ReturnType<typeof startFakeServer>>;
  before(async () => {
    server = await startFakeServer();
  });
  after(() => server.close());

  for (const vector of eventVectors().streams.filter(isJudged))
    test(`${vector.name}: ${vector.title}`, async (t) => {
      const init = { method: 'POST', body: JSON.stringify({ vector: vector.name }) };
      const { app } = (await (await fetch(`${server.url}/contract/plays`, init)).json()) as { app: string };
      const query = new URLSearchParams(
        Object.entries(vector.asks).map(([name, value]): [string, string] => [name, `${value}`]),
      );
      const source = new EventSource(`${server.url}/v1/apps/${app}/events?${query}`);
      t.after(() => source.close());
      const told: ToldItem[] = [];
      await new Promise<void>((resolve, reject) => {
        const take = (item: ToldItem) => told.push(item) === vector.told.length && resolve();
        source.onmessage = ({ data, lastEventId }) => take({ event: JSON.parse(data), position: lastEventId });
        source.addEventListener('resync', ({ data }) => take({ resync: true, position: JSON.parse(data).position }));
        // It comes again by itself after all that is no answer of the server.
        source.onerror = ({ code, message }) => code !== undefined && reject(new Error(`${code}: ${message}`));
      });
      source.close();
      assert.deepEqual(told, vector.told);
      const report = (await (await fetch(`${server.url}/contract/plays/${app}`)).json()) as { faults: string[] };
      assert.deepEqual(report.faults, []);
    });
});
