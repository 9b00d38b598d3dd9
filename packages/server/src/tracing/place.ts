/** Where the store is, as spans say it: by the semantic conventions for databases. Never with a user or a password. */

export interface Place {
  readonly system: string;
  readonly server: Readonly<Record<string, string | number>>;
}

const REDIS = /^rediss?(?:\+\w+)?:\/\/(?:[^@/]*@)?(\[[^\]]+\]|[^:/,]+)(?::(\d+))?/;

/** `url`: RS_STORE. Of several servers it names the first. */
export function placeOf(url: string): Place {
  const [, host, port = '6379'] = REDIS.exec(url) ?? [];
  if (host === undefined) return { system: url.startsWith('memory:') ? 'memory' : 'lmdb', server: {} };
  return { system: 'redis', server: { 'server.address': host.replace(/^\[|\]$/g, ''), 'server.port': Number(port) } };
}
