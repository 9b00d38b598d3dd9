// Plays vectors/events.json: the server's side of readers of events, with streams that are cut anywhere and connections that end.
import { readFileSync } from 'node:fs';
import { setTimeout as after } from 'node:timers/promises';
import { answerTo } from './exchange.mjs';

const FILE = new URL('vectors/events.json', import.meta.url);
/** How soon a reader is told to come back, in milliseconds, so that no test waits for its back-off. */
const RETRY = 20;

/** Gives what `events.json` has, with each event in its place: `{streams, pages}`. */
export function eventVectors() {
  const { events, streams, pages } = JSON.parse(readFileSync(FILE, 'utf8'));
  const named = (item) => (typeof item === 'string' ? events[item] : item);
  const within = (text) => text.replaceAll(/\$([a-z]+)/g, (_all, name) => JSON.stringify(events[name]));
  return {
    streams: streams.map(({ told, connections, ...vector }) => ({
      ...vector,
      connections: connections.map((each) =>
        each.stream === undefined ? each : { ...each, stream: within(each.stream) },
      ),
      told: told.map(([item, position]) =>
        item === 'resync' ? { resync: true, position } : { event: named(item), position },
      ),
    })),
    pages: pages.map(({ answer, gives, ...vector }) => ({
      ...vector,
      answer: JSON.parse(
        JSON.stringify(answer).replaceAll(/"\$([a-z]+)"/g, (_all, name) => JSON.stringify(events[name])),
      ),
      ...(gives !== undefined && { gives: { ...gives, events: gives.events.map(named) } }),
    })),
  };
}

/** Gives a play for a vector. Absence: null when none has the name. */
export function eventPlay(name, number) {
  const { streams, pages } = eventVectors();
  const stream = streams.find((vector) => vector.name === name);
  if (stream !== undefined) return new StreamPlay(stream, number);
  const page = pages.find((vector) => vector.name === name);
  return page === undefined ? null : new PagePlay(page, number);
}

/** Gives the bytes of a stream, in the pieces in which they are sent. */
export function piecesOf({ stream, pieces, padding = 0, lines }) {
  const bom = stream.startsWith('\ufeff');
  // In the first line it would hide whether a byte order mark is taken for a part of it.
  const text = bom ? stream : `retry: ${RETRY}\n${stream}`;
  const filler = lines === undefined ? 'x'.repeat(padding) : `data: ${'x'.repeat(lines)}\n`.repeat(padding / lines);
  const bytes = Buffer.from(text + filler);
  const length = pieces ?? bytes.length;
  const cut = [];
  for (let at = 0; at < bytes.length; at += length) cut.push(bytes.subarray(at, at + length));
  return cut;
}

class StreamPlay {
  constructor(vector, number) {
    this.app = `play${number}`;
    this.vector = vector;
    this.requests = [];
    this.faults = [];
    this.open = 0;
    this.notBefore = 0;
  }

  async serve(request, response) {
    const { method, path, query, headers } = request;
    const position = headers['last-event-id'] ?? query.after ?? null;
    const connection = this.vector.connections[this.requests.length];
    this.requests.push(`${method} ${path} ${position}`);
    if (connection === undefined) return refuse(this, response, 'no further connection was expected');
    const wrong =
      wrongLine(request, 'text/event-stream') ??
      wrongQuery(query, choiceOf(this.vector.asks), ['after']) ??
      // The position of the beginning may be in the query; where it goes on, EventSource has a header for it.
      (this.requests.length > 1 && connection.position !== null && headers['last-event-id'] === undefined
        ? 'Last-Event-ID must be there'
        : null) ??
      (position === connection.position ? null : `the position must be ${connection.position}, and is ${position}`) ??
      (Date.now() < this.notBefore ? 'it came before the time that Retry-After said' : null);
    if (wrong !== null) return refuse(this, response, wrong);
    this.open += 1;
    response.once('close', () => {
      this.open -= 1;
    });
    if (connection.answer !== undefined) return this.answer(connection, request, response);
    await this.stream(connection, response);
  }

  answer(connection, request, response) {
    const { cut, silent, status, headers, text } = answerTo(connection, request, this);
    if (cut) response.socket.destroy();
    if (cut || silent) return;
    const wait = Number(headers['Retry-After'] ?? 0);
    // Clocks of timers and of dates are not the same to the millisecond.
    if (wait > 0) this.notBefore = Date.now() + 1000 * wait - 20;
    response.writeHead(status, headers);
    response.end(text);
  }

  async stream(connection, response) {
    response.socket.setNoDelay(true);
    response.writeHead(200, { 'Content-Type': 'text/event-stream; charset=utf-8', 'Cache-Control': 'no-store' });
    for (const piece of piecesOf(connection)) {
      if (response.destroyed) return;
      // Each is a chunk of its own, and on its way before the next one.
      await new Promise((resolve) => response.write(piece, resolve));
    }
    if (connection.then === 'end') response.end();
    if (connection.then === 'cut') response.socket?.destroy();
  }

  report() {
    const missing = this.requests.length < this.vector.connections.length;
    const faults = [...this.faults, ...(missing ? ['a connection is missing'] : [])];
    return { faults, requests: this.requests, open: this.open };
  }
}

class PagePlay {
  constructor(vector, number) {
    this.app = `play${number}`;
    this.vector = vector;
    this.requests = [];
    this.faults = [];
  }

  async serve(request, response) {
    this.requests.push(`${request.method} ${request.path}`);
    const wrong =
      wrongLine(request, 'application/json') ??
      wrongQuery(request.query, this.vector.query, []) ??
      (this.requests.length > 1 ? 'no further request was expected' : null);
    if (wrong !== null) return refuse(this, response, wrong);
    await after(this.vector.delay ?? 0);
    const { status, headers, text } = answerTo(this.vector, request, this);
    response.writeHead(status, headers);
    response.end(text);
  }

  report() {
    const faults = [...this.faults, ...(this.requests.length === 0 ? ['a request is missing'] : [])];
    return { faults, requests: this.requests, open: 0 };
  }
}

function wrongLine({ method, path, headers }, media) {
  if (method !== 'GET' || path !== '/events') return 'GET /events was expected';
  return (headers.accept ?? '').includes(media) ? null : `Accept must be ${media}, and is ${headers.accept}`;
}

function choiceOf({ types, subject }) {
  return { ...(types !== undefined && { types: types.join() }), ...(subject !== undefined && { subject }) };
}

function wrongQuery(query, wanted, others) {
  const names = new Set([...Object.keys(query), ...Object.keys(wanted)].filter((name) => !others.includes(name)));
  for (const name of names)
    if (query[name] !== wanted[name]) return `${name} must be ${wanted[name]} in the query, and is ${query[name]}`;
  return null;
}

function refuse(play, response, wrong) {
  play.faults.push(`request ${play.requests.length}, ${play.requests.at(-1)}: ${wrong}`);
  // No reader asks again after this one.
  response.writeHead(400, { 'Content-Type': 'application/problem+json' });
  response.end(JSON.stringify({ code: 'not_in_the_vector', detail: wrong, status: 400 }));
}
