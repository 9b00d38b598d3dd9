/** A collector of traces in a few lines: it takes spans by OTLP/HTTP in JSON, and keeps every byte that came. */
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Cleanup } from './server.ts';

export interface CollectedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly name: string;
  /** As OTLP numbers them: 2 is a server, 3 a client. */
  readonly kind: number;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** 2 is an error. */
  readonly status: number;
  /** Units: nanoseconds. */
  readonly duration: bigint;
  readonly resource: Readonly<Record<string, unknown>>;
}

export interface Collector {
  readonly url: string;
  readonly spans: () => readonly CollectedSpan[];
  /** All that came: request lines, headers and bodies. */
  readonly text: () => string;
  readonly headers: () => readonly IncomingHttpHeaders[];
}

// biome-ignore lint/suspicious/noExplicitAny: a JSON document of any shape
type Json = any;

const membersOf = (list: Json[] = []) =>
  Object.fromEntries(list.map(({ key, value }) => [key, Object.values(value as object)[0]]));

export async function startCollector(cleanup: Cleanup, port = 0): Promise<Collector> {
  const spans: CollectedSpan[] = [];
  const headers: IncomingHttpHeaders[] = [];
  let text = '';
  const server = createServer(async (incoming, outgoing) => {
    let body = '';
    for await (const chunk of incoming) body += chunk;
    text += `${incoming.method} ${incoming.url}\n${JSON.stringify(incoming.rawHeaders)}\n${body}\n`;
    headers.push(incoming.headers);
    for (const { resource, scopeSpans } of JSON.parse(body).resourceSpans as Json[]) {
      for (const span of scopeSpans.flatMap((scope: Json) => scope.spans) as Json[]) {
        const { traceId, spanId, parentSpanId, name, kind, attributes, status } = span;
        spans.push({
          ...{ traceId, spanId, parentSpanId: parentSpanId || undefined, name, kind },
          attributes: membersOf(attributes),
          status: status?.code ?? 0,
          duration: BigInt(span.endTimeUnixNano) - BigInt(span.startTimeUnixNano),
          resource: membersOf(resource.attributes),
        });
      }
    }
    outgoing.writeHead(200, { 'Content-Type': 'application/json' }).end('{}');
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  cleanup.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, spans: () => spans, text: () => text, headers: () => headers };
}
