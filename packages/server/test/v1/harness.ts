/**
 * What a store brings to the suite of the v1 API, and how its sections speak to it: real server processes, real sockets.
 * Each test has an app of its own, so one server serves all; only what a policy decides has apps by name.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Answer, Client } from '../support/client.ts';
import { DescribedClient } from '../support/described-client.ts';
import { type Cleanup, type ServerProcess, startServer, temporaryFolder } from '../support/server.ts';

/** A client that holds all answers against the OpenAPI document. */
export function openClient(url: string): Client {
  return new DescribedClient(url);
}

export interface StoreOfSuite {
  /** RS_STORE and what goes with it. */
  readonly env: Record<string, string>;
  /** Two processes can share it. */
  readonly shared: boolean;
  /** Every key and value, once the servers have stopped. */
  readonly contents: () => Promise<string[]>;
  /** What an audit finds wrong, once they have stopped. */
  readonly faults: () => Promise<string[]>;
}

export type OpenStoreOfSuite = (cleanup: Cleanup) => Promise<StoreOfSuite>;

/** Apps with a policy of their own; all others have the defaults. */
const POLICY = {
  apps: {
    'cap-oldest': { maxSessionsPerSubject: 5 },
    'cap-idle': { maxSessionsPerSubject: 3, onLimit: 'revokeLeastRecentlyUsed' },
    'cap-refuse': { maxSessionsPerSubject: 5, onLimit: 'refuse' },
    'cap-one': { maxSessionsPerSubject: 1 },
    quota: { maxSessions: 5 },
    small: { maxDataBytes: 100, minCallerTokenLength: 30, rotationGrace: 0 },
    bounds: {
      minIdleTimeout: 60,
      maxIdleTimeout: 600,
      idleTimeout: 120,
      absoluteTimeout: 3600,
      maxAbsoluteTimeout: 7200,
    },
    noclassic: { classic: false },
    cookie: { cookie: {} },
    'cookie-all': {
      idleTimeout: 600,
      cookie: { name: '__Secure-sid', domain: 'example.org', sameSite: 'Strict', persistent: true },
    },
    'cookie-plain': { cookie: { name: 'sid', sameSite: 'Lax', secure: false, persistent: true } },
  },
};

/** Servers on one store, and the v1 API of each. */
export interface Service {
  readonly servers: readonly ServerProcess[];
  readonly clients: readonly Client[];
  /** Speaks to an app; `n` counts servers, and goes round. */
  readonly app: (name: string, n?: number) => V1;
  readonly stop: () => Promise<void>;
  readonly store: StoreOfSuite;
}

/** Starts `count` servers on a store, or one where it cannot be shared. */
export async function startService(cleanup: Cleanup, open: OpenStoreOfSuite, count = 1): Promise<Service> {
  const store = await open(cleanup);
  const policy = join(temporaryFolder(cleanup), 'policy.json');
  writeFileSync(policy, JSON.stringify(POLICY));
  const env = { RS_CONFIG: policy, RS_LOGLEVEL: 'warn', ...store.env };
  const servers: ServerProcess[] = [];
  for (let i = 0; i < (store.shared ? count : 1); i++) servers.push(await startServer(cleanup, env));
  const clients = servers.map(({ url }) => openClient(url));
  cleanup.after(() => clients.forEach((client) => void client.close()));
  return {
    servers,
    clients,
    store,
    app: (name, n = 0) => new V1(clients[n % clients.length]!, name),
    stop: async () => void (await Promise.all(servers.map((server) => server.end()))),
  };
}

let apps = 0;

/** Gives the name of an app that no other test has. */
export function freshApp(): string {
  return `app-${process.pid}-${apps++}`;
}

let tokens = 0;

/** Gives a token as a caller chooses it. */
export function callerToken(): string {
  return `caller.${tokens++}~${'abcdefghijklmnopqrstuvwxyz'.slice(tokens % 7)}:${process.pid}`;
}

type Headers = Record<string, string>;

/** The v1 API of one app. Bodies that are text are sent as they are; `token` goes into Session-Token. */
export class V1 {
  readonly client: Client;
  readonly name: string;
  private readonly path: string;

  constructor(client: Client, name: string) {
    this.client = client;
    this.name = name;
    this.path = `/v1/apps/${name}`;
  }

  send(method: string, path: string, body?: unknown, headers: Headers = {}): Promise<Answer> {
    return this.client.send(method, this.path + path, body, headers);
  }

  create(body?: unknown, headers: Headers = {}): Promise<Answer> {
    return this.send('POST', '/sessions', body, headers);
  }

  /** Creates a session and gives its token. Errors: when it is refused. */
  async token(body: unknown = {}): Promise<string> {
    const { status, text, json } = await this.create(body);
    if (status !== 201) throw new Error(`create: ${status} ${text}`);
    return json.token;
  }

  get(token: string, query = ''): Promise<Answer> {
    return this.send('GET', `/session${query}`, undefined, { 'Session-Token': token });
  }

  getFields(token: string, fields: string, headers: Headers = {}): Promise<Answer> {
    return this.send('GET', `/session/fields?fields=${fields}`, undefined, { 'Session-Token': token, ...headers });
  }

  patch(token: string, body: unknown, headers: Headers = {}): Promise<Answer> {
    return this.send('PATCH', '/session', body, { 'Session-Token': token, ...headers });
  }

  merge(token: string, body: unknown, headers: Headers = {}): Promise<Answer> {
    return this.patch(token, body, { 'Content-Type': 'application/merge-patch+json', ...headers });
  }

  put(token: string, body?: unknown, headers: Headers = {}): Promise<Answer> {
    return this.send('PUT', '/session', body, { 'Session-Token': token, ...headers });
  }

  putData(token: string, body: unknown, headers: Headers = {}): Promise<Answer> {
    return this.send('PUT', '/session/data', body, { 'Session-Token': token, ...headers });
  }

  mergeData(token: string, body: unknown, headers: Headers = {}): Promise<Answer> {
    const type = { 'Content-Type': 'application/merge-patch+json' };
    return this.send('PATCH', '/session/data', body, { 'Session-Token': token, ...type, ...headers });
  }

  touch(token: string, body?: unknown, headers: Headers = {}): Promise<Answer> {
    return this.send('POST', '/session/touch', body, { 'Session-Token': token, ...headers });
  }

  rotate(token: string, body?: unknown, headers: Headers = {}): Promise<Answer> {
    return this.send('POST', '/session/rotate', body, { 'Session-Token': token, ...headers });
  }

  end(token: string, headers: Headers = {}): Promise<Answer> {
    return this.send('DELETE', '/session', undefined, { 'Session-Token': token, ...headers });
  }

  list(query = ''): Promise<Answer> {
    return this.send('GET', `/sessions${query}`);
  }

  find(id: string): Promise<Answer> {
    return this.send('GET', `/sessions/${encodeURIComponent(id)}`);
  }

  ofSubject(subject: string, query = ''): Promise<Answer> {
    return this.send('GET', `/subjects/${encodeURIComponent(subject)}/sessions${query}`);
  }

  endSubject(subject: string, query = ''): Promise<Answer> {
    return this.send('DELETE', `/subjects/${encodeURIComponent(subject)}/sessions${query}`);
  }
}

/** Gives the ids of a page. */
export function idsOf({ json }: Answer): string[] {
  return (json.sessions as { id: string }[]).map(({ id }) => id);
}

/** Gives status and code of a problem. */
export function problemOf({ status, json }: Answer): [number, string] {
  return [status, json?.code];
}
