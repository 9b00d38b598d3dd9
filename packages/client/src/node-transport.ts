/**
 * Requests by Node's own `node:http` and `node:https`, over connections that are kept. Nothing is imported: the modules are asked for at run
 * time, so a bundle for browsers and edge runtimes is the same file. Bun and Deno have these modules, too, but there `fetch` is the
 * cheaper way.
 *
 * A connection that nobody has used for four seconds is closed here, before a server or a proxy on the way closes it under a request.
 */
import { type Incoming, type StreamTransport, TimedOut, type Transport, type Transports } from './transport.ts';

/** Units: milliseconds. */
const IDLE = 4000;

/** What is used of Node. This package is compiled without its types. */
interface Message extends AsyncIterable<Uint8Array> {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  setEncoding(encoding: 'utf8'): void;
  on(event: 'data', listener: (chunk: string) => void): void;
  on(event: 'end', listener: () => void): void;
  on(event: 'error', listener: (error: Error) => void): void;
}
interface Request {
  on(event: 'response', listener: (message: Message) => void): void;
  on(event: 'error', listener: (error: Error) => void): void;
  on(event: 'close', listener: () => void): void;
  on(event: 'socket', listener: (socket: { unref(): void }) => void): void;
  end(body?: string): void;
  destroy(error: Error): void;
}
interface Http {
  readonly Agent: new (options: object) => object;
  request(options: object): Request;
}
interface Carrier {
  readonly http: Http;
  readonly agent: object;
}
interface Process {
  readonly versions?: { readonly uv?: string; readonly bun?: string };
  getBuiltinModule?(name: string): unknown;
}

/**
 * Gives the transports. `tls`: what its `tls.connect` takes of each connection. Absence: null on other platforms, and on a Node before
 * 20.16, which cannot be asked for its modules.
 */
export function nodeTransport(tls: object = {}): Transports | null {
  const { process, Deno } = globalThis as { process?: Process; Deno?: unknown };
  if (!process?.versions?.uv || process.versions.bun || Deno || !process.getBuiltinModule) return null;
  const { getBuiltinModule } = process;
  const carriers = new Map<string, Carrier>();
  const carrierOf = (protocol: string): Carrier => {
    let carrier = carriers.get(protocol);
    if (carrier === undefined) {
      const http = getBuiltinModule(`node:${protocol.slice(0, -1)}`) as Http;
      carrier = { http, agent: new http.Agent({ ...tls, keepAlive: true, timeout: IDLE }) };
      carriers.set(protocol, carrier);
    }
    return carrier;
  };
  return { send: sendingBy(carrierOf), open: openingBy(carrierOf, tls) };
}

type CarrierOf = (protocol: string) => Carrier;

function sendingBy(carrierOf: CarrierOf): Transport {
  return (url, outgoing) =>
    new Promise((resolve, reject) => {
      const target = targetOf(url);
      const { http, agent } = carrierOf(target.protocol);
      const { method, headers, body, signal, timeout } = outgoing;
      if (signal?.aborted) return reject(signal.reason);
      const request = http.request({ ...target, agent, method, headers });
      const abort = () => request.destroy(signal!.reason);
      const timer = setTimeout(() => request.destroy(new TimedOut()), timeout);
      signal?.addEventListener('abort', abort);
      const settle = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', abort);
      };
      const fail = (error: Error) => {
        settle();
        reject(error);
      };
      request.on('error', fail);
      request.on('response', (message) => {
        let text = '';
        message.setEncoding('utf8');
        message.on('data', (chunk) => {
          text += chunk;
        });
        message.on('error', fail);
        message.on('end', () => {
          settle();
          resolve({ ...headOf(message), text });
        });
      });
      request.end(body);
    });
}

/** A stream has a connection of its own, which nobody takes over when it ends. */
function openingBy(carrierOf: CarrierOf, tls: object): StreamTransport {
  return (url, { headers, signal, isBackground }) =>
    new Promise((resolve, reject) => {
      const target = targetOf(url);
      const { http } = carrierOf(target.protocol);
      if (signal.aborted) return reject(signal.reason);
      const request = http.request({ ...tls, ...target, agent: false, method: 'GET', headers });
      const abort = () => request.destroy(signal.reason);
      signal.addEventListener('abort', abort);
      request.on('close', () => signal.removeEventListener('abort', abort));
      if (isBackground) request.on('socket', (socket) => socket.unref());
      request.on('error', reject);
      request.on('response', (message) => {
        resolve({ ...headOf(message), chunks: message });
      });
      request.end();
    });
}

/** Gives what a request says of where it goes. */
function targetOf(url: string) {
  const { protocol, hostname, port, pathname, search } = new URL(url);
  const host = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
  return { protocol, hostname: host, port, path: pathname + search };
}

function headOf({ statusCode, headers }: Message): Pick<Incoming, 'status' | 'headers'> {
  const get = (name: string) => {
    const value = headers[name.toLowerCase()];
    return value === undefined ? null : String(value);
  };
  return { status: statusCode, headers: { get } };
}
