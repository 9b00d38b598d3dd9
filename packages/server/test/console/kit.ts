/** A console on a real server, and people who use it as a browser does: a cookie, and where each request comes from. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hashKey, newKey } from '../../src/keys/format.ts';
import { hashPassword } from '../../src/keys/password.ts';
import { type Answer, Client } from '../support/client.ts';
import { type Cleanup, type ServerProcess, startServer, temporaryFolder } from '../support/server.ts';

export const OWN = { 'Sec-Fetch-Site': 'same-origin' } as const;
export const PASSWORD = 'correct horse battery';
const HASH = hashPassword(PASSWORD);

/** Gives an entry of RS_CONSOLE_USERS whose password is PASSWORD. */
export function user(name: string, apps = '*', scopes = 'read,revoke', more = ''): string {
  return `${name}:${HASH}:${apps}:${scopes}${more}`;
}

export interface TestKey {
  readonly key: string;
  readonly entry: { name: string; hash: string; apps: '*' | string[]; scopes: string[]; expiresAt?: string };
}

export function testKey(name: string, scopes: string[], apps: '*' | string[] = '*', expiresAt?: string): TestKey {
  const key = newKey();
  return { key, entry: { name, hash: hashKey(key), apps, scopes, ...(expiresAt !== undefined && { expiresAt }) } };
}

export interface Desk {
  readonly server: ServerProcess;
  /** Writes the keys that are in force from now on. */
  readonly use: (keys: readonly TestKey[]) => void;
  /** Somebody with a browser of their own. */
  readonly visitor: (url?: string) => Visitor;
  /** Asks v1 with a key. */
  readonly api: (
    key: string,
    method: string,
    path: string,
    body?: unknown,
    more?: Record<string, string>,
  ) => Promise<Answer>;
}

/** Starts a server with the console and these keys. Without keys it is open. */
export async function startDesk(
  cleanup: Cleanup,
  keys: readonly TestKey[] | null,
  env: Record<string, string> = {},
): Promise<Desk> {
  const file = join(temporaryFolder(cleanup), 'keys.json');
  const use = (of: readonly TestKey[]) =>
    writeFileSync(file, JSON.stringify({ keys: of.map(({ entry }) => entry) }), { mode: 0o600 });
  if (keys !== null) use(keys);
  const server = await startServer(cleanup, {
    RS_STORE: 'memory:',
    RS_CONSOLE: 'true',
    ...(keys !== null && { RS_KEYS_FILE: file }),
    ...env,
  });
  const client = new Client(server.url);
  cleanup.after(() => client.close());
  return {
    server,
    use,
    visitor: (url = server.url) => {
      const visitor = new Visitor(url);
      cleanup.after(() => visitor.close());
      return visitor;
    },
    api: (key, method, path, body, more) =>
      client.send(method, path, body, { Authorization: `Bearer ${key}`, ...more }),
  };
}

/** A browser: it keeps the cookie that it is given, and says where a request began. */
export class Visitor {
  cookie = '';
  private readonly client: Client;

  constructor(url: string) {
    this.client = new Client(url);
  }

  /** Sends as the console's own page does. `headers` say what is otherwise; empty ones are left out. */
  async send(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    const all = { ...OWN, ...(this.cookie !== '' && { Cookie: this.cookie }), ...headers };
    const sent = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== ''));
    const answer = await this.client.send(method, path, body, sent);
    const [set] = answer.headers['set-cookie'] ?? [];
    if (set !== undefined) this.cookie = set.slice(0, set.indexOf(';')).replace(/^[^=]*=$/, '');
    return answer;
  }

  get(path: string, headers: Record<string, string> = {}): Promise<Answer> {
    return this.send('GET', path, undefined, headers);
  }

  /** With an empty object where the body says nothing more. */
  post(path: string, body: unknown = {}, headers: Record<string, string> = {}): Promise<Answer> {
    return this.send('POST', path, body, headers);
  }

  /** Logs in, and fails loudly when that does not work. */
  async login(credentials: object): Promise<Answer> {
    const answer = await this.post('/console/login', credentials);
    if (answer.status !== 200) throw new Error(`login: ${answer.status} ${answer.text}`);
    return answer;
  }

  /** Asks v1 in the name of who is logged in. */
  v1(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    return this.send(method, `/console/api/v1${path}`, body, headers);
  }

  close(): void {
    this.client.close();
  }
}

/** Gives status and code of an answer. */
export function outcome({ status, json }: Answer): [number, string | undefined] {
  return [status, json?.code];
}
