/** A bucket of OpenMetrics names the trace of the last request in it, on each way through the server. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openLine, read } from '../cost/requests.ts';
import { Client } from '../support/client.ts';
import { startCollector } from '../support/collector.ts';
import { promtool, whyNoPrometheus } from '../support/prometheus.ts';
import { lastFirst, startServer } from '../support/server.ts';

const parent = (traceId: string, flags = '01') => `00-${traceId}-00f067aa0ba902b7-${flags}`;
const idOf = (digit: string) => digit.repeat(32);

test('requests with a trace that is kept are exemplars (kind: both fast lanes, Hono); others are not', async (t) => {
  const ends = lastFirst(t);
  const collector = await startCollector(ends);
  const server = await startServer(ends, { RS_STORE: 'memory:', OTEL_EXPORTER_OTLP_ENDPOINT: collector.url });
  const client = new Client(server.url);
  ends.after(() => client.close());
  const token = await client.create('shop', 'u');
  const openmetrics = { Accept: 'application/openmetrics-text' };
  const shown = async () => (await client.send('GET', '/metrics', undefined, openmetrics)).text;
  const exemplar = (route: string, traceId: string) =>
    new RegExp(
      `\\{route="${route}",status="2xx",le="[^"]+"\\} \\d+ # \\{trace_id="${traceId}"\\} [\\d.e-]+ \\d+\\.\\d{3}\\n`,
    );

  await client.send('POST', `/shop/set/${token}`, { a: 1 }, { traceparent: parent(idOf('a')) });
  assert.match(await shown(), exemplar('/:app/set/:token', idOf('a')));
  await client.send('GET', '/shop/soid/u', undefined, { traceparent: parent(idOf('b')) });
  assert.match(await shown(), exemplar('/:app/soid/:id', idOf('b')));
  // The first reads are Node's, those after them the socket's.
  const line = await openLine(server.port);
  ends.after(() => line.socket.destroy());
  for (let i = 0; i < 5; i++)
    await line.send(read(`/shop/get/${token}`, [`traceparent: ${parent(idOf(`${i + 1}`))}`])).answered;
  assert.match(await shown(), exemplar('/:app/get/:token', idOf('5')));
  await client.send('DELETE', `/shop/kill/${token}`, undefined, { traceparent: parent(idOf('c'), '00') });
  const text = await shown();
  assert.doesNotMatch(text, new RegExp(idOf('c')));
  const old = (await client.send('GET', '/metrics')).text;
  assert.doesNotMatch(old, /trace_id/);
  if (whyNoPrometheus() === false) assert.deepEqual(promtool(['check', 'metrics'], old), { status: 0, said: '' });
});
