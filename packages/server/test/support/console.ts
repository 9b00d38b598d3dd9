/** A server with a console, keys for several roles, a policy with everything that the console shows, and an audit log. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hashKey, newKey } from '../../src/keys/format.ts';
import { type Answering, startReceiver } from '../webhooks/receiver.ts';
import { type Answer, Client } from './client.ts';
import { type Cleanup, type ServerProcess, startServer, temporaryFolder } from './server.ts';

/** Roles are scopes: who has which. `support` and `viewer` see one app. */
export const ROLES = {
  admin: { apps: '*', scopes: ['verify', 'read', 'write', 'revoke', 'admin', 'data'] },
  operator: { apps: ['shop', 'blog'], scopes: ['read', 'revoke', 'admin'] },
  support: { apps: ['shop'], scopes: ['read', 'revoke'] },
  viewer: { apps: ['shop'], scopes: ['read'] },
} as const;

export type Role = keyof typeof ROLES;

export interface ConsoleServer extends ServerProcess {
  readonly keys: Readonly<Record<Role, string>>;
  /** Calls the v1 API beside the console, with a key that may do everything. */
  readonly call: (method: string, path: string, body?: unknown) => Promise<Answer>;
  /** Sends a request with the key of a role. */
  readonly send: (method: string, path: string, role: Role, headers?: Record<string, string>) => Promise<Answer>;
  /** Leaves only these keys in force. The server reads the file again within seconds. */
  readonly keepKeys: (roles: readonly Role[]) => void;
  /** Starts it again on its port, after its end. */
  readonly again: () => Promise<void>;
  readonly policyFile: string;
  readonly auditLog: () => string;
}

const HOOK_SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

/** What the policy says beside the webhook. Units: seconds, days. */
const APP = {
  events: true,
  updateEvents: true,
  history: { days: 30 },
  idleTimeout: 7200,
  absoluteTimeout: 1_209_600,
} as const;

export interface ConsoleOptions {
  /** Above what is here, as RS_STORE. */
  readonly env?: Readonly<Record<string, string>>;
  /** What the receiver of the webhook `mail` of `shop` answers. Absence: 200. */
  readonly answering?: Answering;
  /** Members of the policy of `shop`. */
  readonly shop?: Readonly<Record<string, unknown>>;
}

export async function startConsole(
  cleanup: Cleanup,
  { env = {}, answering = () => 200, shop = { idleTimeout: 1800 } }: ConsoleOptions = {},
): Promise<ConsoleServer> {
  const folder = temporaryFolder(cleanup);
  const file = (name: string) => join(folder, name);
  const receiver = await startReceiver(cleanup, answering, null);
  const mail = { name: 'mail', url: receiver.url, secret: { env: 'HOOK' } };
  const policy = { defaults: APP, apps: { shop: { ...shop, webhooks: [mail] }, blog: {} } };
  writeFileSync(file('policy.json'), JSON.stringify(policy, null, 2));
  const keys = Object.fromEntries(Object.keys(ROLES).map((role) => [role, newKey()])) as Record<Role, string>;
  const keepKeys = (roles: readonly Role[]) => {
    const entries = roles.map((name) => ({ name, hash: hashKey(keys[name]), ...ROLES[name] }));
    writeFileSync(file('keys.json'), JSON.stringify({ keys: entries }), { mode: 0o600 });
  };
  keepKeys(Object.keys(ROLES) as Role[]);
  mkdirSync(file('audit'), { mode: 0o700 });
  const settings = {
    RS_STORE: `lmdb:${file('data')}`,
    RS_CONSOLE: 'true',
    RS_KEYS_FILE: file('keys.json'),
    RS_CONFIG: file('policy.json'),
    RS_AUDIT_LOG: file('audit/audit.log'),
    RS_WEBHOOK_NETWORKS: '127.0.0.0/8',
    HOOK: HOOK_SECRET,
    ...env,
  };
  const server = await startServer(cleanup, settings);
  const client = new Client(server.url);
  cleanup.after(() => client.close());
  const as = (role: Role) => ({ Authorization: `Bearer ${keys[role]}` });
  return {
    ...server,
    keys,
    keepKeys,
    call: (method, path, body) => client.send(method, `/v1${path}`, body, as('admin')),
    send: (method, path, role, headers) => client.send(method, path, undefined, { ...headers, ...as(role) }),
    again: async () => void (await startServer(cleanup, { ...settings, RS_PORT: `${server.port}` })),
    policyFile: file('policy.json'),
    auditLog: () => readFileSync(file('audit/audit.log'), 'utf8'),
  };
}

export interface Made {
  readonly id: string;
  readonly token: string;
}

/** Creates a session over the v1 API. Errors: what the server says, when it is no 201. */
export async function create(
  { call }: Pick<ConsoleServer, 'call'>,
  session: Readonly<Record<string, unknown>>,
  app = 'shop',
): Promise<Made> {
  const { status, text, json } = await call('POST', `/apps/${app}/sessions`, session);
  if (status !== 201) throw new Error(`create: ${status} ${text}`);
  return { id: json.session.id, token: json.token };
}

export const AGENTS = {
  firefox: 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0',
  safari:
    'Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.1 Mobile/15E148 Safari/604.1',
  chrome:
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36',
  edge: 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0',
  android:
    'Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36',
  program: 'okhttp/5.1.0',
} as const;
