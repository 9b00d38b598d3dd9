/**
 * How requests travel. The platform's `fetch` works everywhere. On Node it costs several times the CPU that `node:http` does, so there
 * the latter carries them, unless the caller gave a `fetch` or put another one in the place of the global one (tracing, tests).
 */
import { nodeTransport } from './node-transport.ts';
import { type StreamTransport, TimedOut, type Transport, type Transports } from './transport.ts';

const FETCH = globalThis.fetch;
/** One for all clients of the process, so that they share its connections. Absence: undefined before the first call. */
let onNode: Transports | null | undefined;

/** Gives the transports. `own`: the `fetch` of the caller. */
export function transportsFor(own: typeof fetch | undefined): Transports {
  if (own !== undefined) return byFetch(own);
  const byPlatform = byFetch((input, init) => fetch(input, init));
  onNode ??= nodeTransport();
  const usual = onNode ?? byPlatform;
  const now = () => (globalThis.fetch === FETCH ? usual : byPlatform);
  return { send: (url, outgoing) => now().send(url, outgoing), open: (url, request) => now().open(url, request) };
}

function byFetch(send: typeof fetch): Transports {
  return { send: sendingBy(send), open: openingBy(send) };
}

function openingBy(send: typeof fetch): StreamTransport {
  return async (url, { headers, signal }) => {
    const response = await send(url, { headers, redirect: 'manual', signal });
    return { status: response.status, headers: response.headers, chunks: chunksOf(response.body) };
  };
}

/** Not every platform can go through a body by itself. */
async function* chunksOf(body: ReadableStream<Uint8Array> | null): AsyncGenerator<Uint8Array, void, undefined> {
  if (body === null) return;
  const reader = body.getReader();
  try {
    for (let read = await reader.read(); !read.done; read = await reader.read()) yield read.value;
  } finally {
    // What has failed already says so once more.
    await reader.cancel().catch(() => {});
  }
}

function sendingBy(send: typeof fetch): Transport {
  return async (url, { method, headers, body, signal, timeout }) => {
    const deadline = AbortSignal.timeout(timeout);
    try {
      const response = await send(url, {
        method,
        headers,
        redirect: 'manual',
        signal: signal === undefined ? deadline : AbortSignal.any([signal, deadline]),
        ...(body !== undefined && { body }),
      });
      const text = await response.text();
      await connectionIsFree();
      return { status: response.status, headers: response.headers, text };
    } catch (cause) {
      throw deadline.aborted ? new TimedOut('', { cause }) : cause;
    }
  };
}

/** Runs something after what else this turn of the event loop has to do. Absence: undefined on edge runtimes. */
export const { setImmediate: afterThisTurn } = globalThis as { setImmediate?: (run: () => void) => void };

interface Versions {
  readonly uv?: string;
}

/**
 * Tells whether a call may serve several requests of an application at once. Edge runtimes keep what belongs to one request apart;
 * `versions`: of `process`, which on them has the name of a libuv at most.
 */
export function canServeMany(versions: Versions | undefined): boolean {
  return Boolean(versions?.uv);
}

export const servesManyAtOnce = canServeMany((globalThis as { process?: { versions?: Versions } }).process?.versions);

/**
 * Node's fetch takes a connection for busy until the turn after its answer has ended. A call that comes at once would open a
 * second one, and programs that make one call after the other would keep two.
 */
const connectionIsFree = () => afterThisTurn && new Promise<void>((resolve) => afterThisTurn(resolve));
