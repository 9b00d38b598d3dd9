/** What the client's tests start beside a real server. */

import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, connect, createServer as createSocketServer, type Socket } from 'node:net';
import type { Cleanup } from '../../server/test/support/server.ts';

interface Sent {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  // biome-ignore lint/suspicious/noExplicitAny: JSON of any shape
  readonly body: any;
}

/** Gives a fetch that notes what goes out. */
export function counting() {
  const requests: Sent[] = [];
  const noting: typeof fetch = (input, init) => {
    const { method = 'GET', headers, body } = init ?? {};
    requests.push({
      method,
      path: new URL(String(input)).pathname,
      headers: Object.fromEntries(new Headers(headers)),
      body: typeof body === 'string' ? JSON.parse(body) : undefined,
    });
    return fetch(input, init);
  };
  return { fetch: noting, requests };
}

/** Starts somebody else's web server. Gives its URL. */
export async function startStranger(cleanup: Cleanup, answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanup.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Starts a server of another protocol: it speaks first. Gives its URL, as somebody may write it. */
export async function startTalker(cleanup: Cleanup, greeting: string): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createSocketServer((socket) => {
    sockets.add(socket.on('error', () => {}));
    socket.write(greeting);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanup.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** What a connection does with a request that comes through it: `pass` sends it on. */
export type Meddle = (near: Socket, request: string, pass: () => void) => void;

/** Starts what stands before a server and may break connections. Gives its URL and how many connections were opened. */
export async function startGate(cleanup: Cleanup, target: string, meddle: Meddle = (_near, _request, pass) => pass()) {
  const port = Number(new URL(target).port);
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createSocketServer((near) => {
    connections++;
    const far = connect(port, '127.0.0.1');
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        near.destroy();
        far.destroy();
      });
    }
    near.on('data', (chunk) => meddle(near, String(chunk), () => far.write(chunk)));
    far.on('data', (chunk) => near.write(chunk));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanup.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, opened: () => connections };
}

/** Serves an application. Gives its URL. */
export async function listening(cleanup: Cleanup, application: RequestListener): Promise<string> {
  return startStranger(cleanup, application);
}

/** Someone with cookies. */
export class Browser {
  readonly cookies = new Map<string, string>();
  private readonly url: string;

  constructor(url: string) {
    this.url = url;
  }

  /** Asks for a page, and keeps its cookies. */
  get(path: string) {
    return this.send(path);
  }

  /** Sends a form by its fields, or what the body is. */
  post(path: string, body: Record<string, string> | FormData | string) {
    const isReady = typeof body === 'string' || body instanceof FormData;
    return this.send(path, { method: 'POST', body: isReady ? body : new URLSearchParams(body) });
  }

  private async send(path: string, init: RequestInit = {}) {
    const Cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers: Record<string, string> = Cookie === '' ? {} : { Cookie };
    const response = await fetch(this.url + path, { ...init, headers, redirect: 'manual' });
    const setCookie = response.headers.getSetCookie();
    for (const line of setCookie) {
      const [name = '', value = ''] = line.split(';', 1)[0]!.split('=', 2);
      if (/;\s*(?:max-age=0|expires=thu, 01 jan 1970)/i.test(line)) this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    const text = await response.text();
    // biome-ignore lint/suspicious/noExplicitAny: JSON of any shape
    const json: any = /^[[{]/.test(text) ? JSON.parse(text) : undefined;
    return { status: response.status, headers: response.headers, setCookie, text, json };
  }

  /** Gives the token in a cookie that a framework has signed. */
  token(name: string): string {
    return /^(?:s:)?([^.]*)/.exec(decodeURIComponent(this.cookies.get(name)!))![1]!;
  }
}

/** Gives something that a test can wait for. */
export function gate() {
  let open = () => {};
  const wait = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { wait, open };
}
