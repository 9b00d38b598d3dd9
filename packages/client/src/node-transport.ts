/**
 * Requests by Node's own `node:http` and `node:https`, over connections that are kept. Nothing is imported: the modules are asked for at run
 * time, so a bundle for browsers and edge runtimes is the same file. Bun and Deno have these modules, too, but there `fetch` is the
 * cheaper way.
 *
 * A connection that nobody has used for four seconds is closed here, before a server or a proxy on the way closes it under a request.
 */
import { type Incoming, TimedOut, type Transport } from './transport.ts';

/** Units: milliseconds. */
const IDLE = 4000;

/** What is used of Node. This package is compiled without its types. */
interface Message {
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

/** Gives the transport. Absence: null on other platforms, and on a Node before 20.16, which cannot be asked for its modules. */
export function nodeTransport(): Transport | null {
  const { process, Deno } = globalThis as { process?: Process; Deno?: unknown };
  if (!process?.versions?.uv || process.versions.bun || Deno || !process.getBuiltinModule) return null;
  const { getBuiltinModule } = process;
  const carriers = new Map<string, Carrier>();
  const carrierOf = (protocol: string): Carrier => {
    let carrier = carriers.get(protocol);
    if (carrier === undefined) {
      const http = getBuiltinModule(`node:${protocol.slice(0, -1)}`) as Http;
      carrier = { http, agent: new http.Agent({ keepAlive: true, timeout: IDLE }) };
      carriers.set(protocol, carrier);
    }
    return carrier;
  };
  return (url, outgoing) =>
    new Promise((resolve, reject) => {
      const { protocol, hostname, port, pathname, search } = new URL(url);
      const { http, agent } = carrierOf(protocol);
      const { method, headers, body, signal, timeout } = outgoing;
      if (signal?.aborted) return reject(signal.reason);
      const request = http.request({
        agent,
        hostname: hostname.startsWith('[') ? hostname.slice(1, -1) : hostname,
        port,
        method,
        path: pathname + search,
        headers,
      });
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
          resolve(incoming(message, text));
        });
      });
      request.end(body);
    });
}

function incoming({ statusCode, headers }: Message, text: string): Incoming {
  const get = (name: string) => {
    const value = headers[name.toLowerCase()];
    return value === undefined ? null : String(value);
  };
  return { status: statusCode, headers: { get }, text };
}
