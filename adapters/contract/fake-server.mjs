// Plays the vectors: an HTTP server that answers an adapter as a vector says, and tells what it should not have asked.
//
//   node adapters/contract/fake-server.mjs
//
// It prints one line, {"url": "http://127.0.0.1:PORT"}, and ends when its standard input is closed. README.md has the way to use it.
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { eventPlay, eventVectors } from './event-plays.mjs';
import { answerTo, mismatch } from './exchange.mjs';

const FOLDER = new URL('vectors/', import.meta.url);

/** Gives all vectors of the rules for sessions, in the order of these. */
export function vectors() {
  return readdirSync(FOLDER)
    .filter((file) => /^\d.*\.json$/.test(file))
    .sort()
    .flatMap((file) => {
      const rule = Number.parseInt(file, 10);
      return JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')).map((vector) => ({ rule, ...vector }));
    });
}

/** Gives what a receiver of webhooks must make of which request: `{tolerance, cases}`. */
export function webhookVectors() {
  return JSON.parse(readFileSync(new URL('webhooks.json', FOLDER), 'utf8'));
}

/** Gives every order of requests that a list allows: each `either` and each `optional` makes more of them. */
export function sequences(requests) {
  return requests.reduce(
    (begun, request) => {
      const goOn =
        request.either !== undefined
          ? request.either.flatMap(sequences)
          : request.optional
            ? [[], [request]]
            : [[request]];
      return begun.flatMap((sequence) => goOn.map((more) => [...sequence, ...more]));
    },
    [[]],
  );
}

/** One vector that is being played: in an app of its own, so that several can be played at once. */
class Play {
  constructor(vector, number) {
    this.app = `play${number}`;
    this.token = newToken();
    /** What a new session will be opened by: made here, or chosen by the framework. */
    this.next = newToken();
    this.key = undefined;
    this.session = vector.session;
    this.vector = JSON.parse(JSON.stringify(vector).replaceAll('"$token"', JSON.stringify(this.token)));
    this.open = sequences(vector.pages.flatMap(({ requests }) => requests)).map((sequence) => ({ sequence, at: 0 }));
    this.requests = [];
    this.faults = [];
  }

  /** Takes a request. Gives the answer of the first order of requests that it fits. */
  take(request) {
    this.requests.push(`${request.method} ${request.path}`);
    const weighed = this.open.map((way) => {
      const expected = way.sequence[way.at];
      const wrong = expected === undefined ? 'no further request was expected' : mismatch(expected, request, this);
      return { ...way, wrong };
    });
    const fitting = weighed.filter(({ wrong }) => wrong === null);
    if (fitting.length === 0) {
      const reasons = [...new Set(weighed.map(({ wrong }) => wrong))].join('; or ');
      this.faults.push(`${request.method} ${request.path} ${request.text}: ${reasons}`);
      return { status: 500, headers: { 'Content-Type': 'text/plain' }, text: `not in the vector: ${reasons}` };
    }
    this.open = fitting.map(({ sequence, at }) => ({ sequence, at: at + 1 }));
    // Only what is sent again keeps its key.
    const expected = fitting[0].sequence[fitting[0].at];
    this.key = expected.answer?.cut ? request.headers['idempotency-key'] : undefined;
    return answerTo(expected, request, this);
  }

  /** Answers a request of the adapter. */
  serve(request, response) {
    const answer = this.take(request);
    if (answer.cut) response.socket.destroy();
    else if (answer.drips) drip(answer, response);
    else if (!answer.silent) {
      response.writeHead(answer.status, answer.headers);
      response.end(answer.text);
    }
  }

  /** What became of it. `faults`: in words; none when it was played as it should be. */
  report() {
    const missing = this.open.every(({ sequence, at }) => at < sequence.length)
      ? this.open.map(({ sequence, at }) => sequence[at].is).join(', or ')
      : null;
    return {
      faults: [
        ...this.faults,
        ...(missing === null || this.faults.length > 0 ? [] : [`a request is missing: ${missing}`]),
      ],
      requests: this.requests,
    };
  }
}

/** Units: half seconds. */
const DROPS = 20;

/** Sends a good answer, and never goes still on the way: a byte each half second before it, for longer than anybody should wait. */
function drip({ status, headers, text }, response) {
  response.writeHead(status, { ...headers, 'Content-Length': DROPS + Buffer.byteLength(text) });
  let drops = 0;
  const timer = setInterval(() => {
    response.write(' ');
    if (++drops < DROPS) return;
    clearInterval(timer);
    response.end(text);
  }, 500);
  response.on('close', () => clearInterval(timer));
}

/** Starts it. Gives its URL and what closes it. */
export async function startFakeServer() {
  const known = vectors();
  const plays = new Map();
  const server = createServer(async (request, response) => {
    const text = await textOf(request).catch(() => null);
    if (text === null) return;
    const { pathname, searchParams } = new URL(request.url, 'http://fake');
    const send = (status, value) => {
      response.writeHead(status, { 'Content-Type': 'application/json' });
      response.end(JSON.stringify(value));
    };
    if (pathname === '/contract/vectors') return send(200, known);
    if (pathname === '/contract/webhooks') return send(200, webhookVectors());
    if (pathname === '/contract/events') return send(200, eventVectors());
    if (pathname === '/contract/plays' && request.method === 'POST') {
      const name = parsed(text)?.vector;
      const vector = known.find((each) => each.name === name);
      const number = plays.size + 1;
      const play = vector === undefined ? eventPlay(name, number) : new Play(vector, number);
      if (play === null) return send(404, { error: 'vector: must be the name of a vector' });
      plays.set(play.app, play);
      return send(201, { app: play.app, token: play.token, ...play.vector });
    }
    const [, of] = /^\/contract\/plays\/([^/]+)$/.exec(pathname) ?? [];
    if (of !== undefined && plays.has(of)) return send(200, plays.get(of).report());
    const [, app, path] = /^\/v1\/apps\/([^/]+)(\/.*)$/.exec(pathname) ?? [];
    if (!plays.has(app)) return send(404, { error: `${pathname} belongs to no play` });
    const query = Object.fromEntries(searchParams);
    const { method, headers } = request;
    await plays.get(app).serve({ method, path, query, headers, text, body: parsed(text) }, response);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

function newToken() {
  return randomBytes(30).toString('base64').replaceAll(/[+/]/g, 'x');
}

async function textOf(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

if (process.argv[1] !== undefined && import.meta.url === new URL(process.argv[1], 'file://').href) {
  const { url } = await startFakeServer();
  console.log(JSON.stringify({ url }));
  process.stdin.on('close', () => process.exit()).resume();
}
