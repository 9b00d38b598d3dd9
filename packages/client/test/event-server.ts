/**
 * A session server that a test plays by hand: what its stream says and when, and what `verify` answers and when. For what a real one
 * cannot be made to do; the rest is tested with a real one.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Cleanup } from '../../server/test/support/server.ts';
import { until } from '../../server/test/support/until.ts';
import { startStranger } from './support.ts';

export interface Stream {
  /** Of the request: as the server got it. */
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  /** Sends text as it is. */
  say(text: string): void;
  /** Sends an event. */
  tell(position: string, event: object): void;
  end(): void;
  /** Breaks the connection. */
  cut(): void;
  readonly isClosed: boolean;
}

export type Verify = (tokens: string[], touch: boolean) => Promise<(object | null)[]> | (object | null)[];

export async function startEventServer(cleanup: Cleanup) {
  const streams: Stream[] = [];
  const refusals: ((response: ServerResponse) => void)[] = [];
  const asked: { readonly tokens: string[]; readonly touch: boolean }[] = [];
  const played = {
    url: '',
    /** All that were opened, in their order. */
    streams,
    /** What the next requests for a stream are answered with, in the place of one. */
    refusals,
    /** The calls of `verify`. */
    asked,
    verify: ((tokens) => tokens.map((token) => session(token))) as Verify,
    /** Of answers of `verify`. Absence: undefined for none. */
    date: (() => new Date().toUTCString()) as () => string | undefined,
    /** Gives the stream that was opened as the nth, when it is there. */
    async stream(nth: number): Promise<Stream> {
      await until(() => streams.length > nth, `stream ${nth} is open`);
      return streams[nth]!;
    },
  };
  played.url = await startStranger(cleanup, async (request, response) => {
    const { pathname, searchParams } = new URL(request.url!, 'http://server');
    if (pathname.endsWith('/sessions:verify')) {
      const { tokens, touch = false } = JSON.parse(await textOf(request));
      asked.push({ tokens, touch });
      const sessions = await played.verify(tokens, touch);
      const date = played.date();
      response.sendDate = false;
      response.writeHead(200, { 'Content-Type': 'application/json', ...(date && { Date: date }) });
      response.end(
        JSON.stringify({
          results: sessions.map((one) => (one === null ? { active: false } : { active: true, session: one })),
        }),
      );
    } else if (pathname.endsWith('/events') && request.headers.accept === 'text/event-stream') {
      const refusal = refusals.shift();
      if (refusal) refusal(response);
      else streams.push(openStream(request, response, searchParams));
    } else {
      response.writeHead(200, { 'Content-Type': 'application/json' }).end('{"revoked":1,"idleTimeout":60}');
    }
  });
  return played;
}

function openStream(request: IncomingMessage, response: ServerResponse, query: URLSearchParams): Stream {
  let isClosed = false;
  response.on('close', () => {
    isClosed = true;
  });
  response.writeHead(200, { 'Content-Type': 'text/event-stream' });
  response.flushHeaders();
  return {
    query,
    headers: request.headers,
    say: (text) => void response.write(text),
    tell: (position, event) => void response.write(`id: ${position}\ndata: ${JSON.stringify(event)}\n\n`),
    end: () => response.end(),
    cut: () => response.destroy(),
    get isClosed() {
      return isClosed;
    },
  };
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += chunk;
  return text;
}

/** Gives the session of a token. Its id is made of the token. */
export function session(token: string, more: object = {}) {
  const inAnHour = new Date(Date.now() + 3_600_000).toISOString();
  return { id: idOf(token), subject: 'ann', version: 1, idleTimeout: 3600, expiresAt: inAnHour, data: {}, ...more };
}

export function idOf(token: string): string {
  return `00${token
    .replaceAll(/[^A-Za-z0-9]/g, '')
    .padEnd(14, '0')
    .slice(-14)}`;
}

export function ended(token: string, count = 2) {
  const id = idOf(token);
  const data = { session: id, subject: 'ann', reason: 'revoked', by: null, note: null, ip: null };
  return event('session.ended', id, data, count);
}

export function event(type: string, id: string, data: object, count = 2) {
  return {
    specversion: '1.0',
    id: `${id}.${count}`,
    source: '/apps/shop',
    type,
    subject: id,
    time: '2026-11-26T07:18:16.000Z',
    sequence: `1.${count}`,
    datacontenttype: 'application/json',
    data: { session: id, subject: 'ann', ...data },
  };
}
