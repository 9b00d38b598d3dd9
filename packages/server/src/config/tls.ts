/** TLS of the server itself: paths, because the files are read again when they change. */
import { ConfigError, contentsOf, type Read, type Variable } from './variable.ts';

const FILE = { type: 'file', unit: 'PEM', default: '', allowed: 'a file that can be read' } as const;

export const TLS_VARIABLES = {
  tlsCert: {
    ...FILE,
    name: 'RS_TLS_CERT',
    sentence:
      'The certificate the server shows, and those between it and its root. With RS_TLS_KEY it makes the server speak HTTPS only, TLS 1.2 or later. Read again together with RS_TLS_KEY and RS_TLS_CLIENT_CA within seconds of a change and on SIGHUP, without a connection ending.',
  },
  tlsKey: { ...FILE, name: 'RS_TLS_KEY', sentence: 'The key to RS_TLS_CERT, without a passphrase.' },
  tlsClientCa: {
    ...FILE,
    name: 'RS_TLS_CLIENT_CA',
    sentence:
      'The certificates that the certificate of each client must come from: whoever has none is not talked to. A name in it can stand for an API key: `certificate` in the keys file.',
  },
} as const satisfies Record<string, Variable>;

/** Paths of PEM files. */
export interface TlsConfig {
  readonly cert: string;
  readonly key: string;
  /** Absence: null when clients need no certificate. */
  readonly clientCa: string | null;
}

/** Reads it. Absence: null when the server speaks plain HTTP. Errors: ConfigError. */
export function readTls(read: Read): TlsConfig | null {
  const path = (variable: Variable) =>
    read(variable, (text) => (text === '' || contentsOf(text) !== undefined ? { text } : undefined)).text || null;
  const [cert, key, clientCa] = [TLS_VARIABLES.tlsCert, TLS_VARIABLES.tlsKey, TLS_VARIABLES.tlsClientCa].map(path);
  if (cert && key) return Object.freeze({ cert, key, clientCa: clientCa ?? null });
  if (!cert && !key && !clientCa) return null;
  const missing = cert ? TLS_VARIABLES.tlsKey : TLS_VARIABLES.tlsCert;
  throw new ConfigError(`${missing.name} is not set, but TLS needs both RS_TLS_CERT and RS_TLS_KEY`);
}
