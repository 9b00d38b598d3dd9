/** Store URL → where Redis is. The one reader of these URLs; `safe` is the only form of them that may be shown. */

export interface Address {
  readonly topology: 'single' | 'sentinel' | 'cluster';
  readonly nodes: readonly { readonly host: string; readonly port: number }[];
  /** Of the master, as Sentinel knows it. */
  readonly name: string | null;
  readonly username: string | null;
  readonly password: string | null;
  readonly db: number;
  readonly tls: boolean;
  /** The URL without user and password: for logs and the start message. */
  readonly safe: string;
}

const FORM = /^(redis|rediss)(?:\+(sentinel|cluster))?:\/\/(?:([^@/]*)@)?([^@/]+)((?:\/[^/]*)*)$/;
const NODE = /^(\[[0-9a-fA-F:]+\]|[A-Za-z0-9._-]+)(?::(\d{1,5}))?$/;
const PORT = { single: 6379, sentinel: 26379, cluster: 6379 };

/** Reads a store URL. Absence: null when it is not one. */
export function readAddress(url: string): Address | null {
  const match = FORM.exec(url);
  if (match === null) return null;
  const [, scheme, kind, login = '', hosts, path = ''] = match;
  const topology = kind === undefined ? 'single' : (kind as 'sentinel' | 'cluster');
  const nodes = hosts!.split(',').map((node) => {
    const [, host, port] = NODE.exec(node) ?? [];
    return { host: host?.replace(/^\[|\]$/g, '') ?? '', port: port === undefined ? PORT[topology] : Number(port) };
  });
  if (nodes.some(({ host, port }) => host === '' || port < 1 || port > 65_535)) return null;
  if (topology === 'single' && nodes.length > 1) return null;
  const parts = path.split('/').filter((part) => part !== '');
  const name = topology === 'sentinel' ? (parts.shift() ?? null) : null;
  const [db = '0', ...rest] = parts;
  if (rest.length > 0 || !/^\d{1,4}$/.test(db)) return null;
  if (topology === 'sentinel' && (name === null || !/^[A-Za-z0-9._-]+$/.test(name))) return null;
  if (topology === 'cluster' && db !== '0') return null;
  const [user, ...secret] = login.split(':');
  try {
    return {
      topology,
      nodes,
      name,
      username: user ? decodeURIComponent(user) : null,
      password: secret.length > 0 ? decodeURIComponent(secret.join(':')) : null,
      db: Number(db),
      tls: scheme === 'rediss',
      safe: url.replace(/\/\/[^@/]*@/, '//'),
    };
  } catch {
    return null;
  }
}
