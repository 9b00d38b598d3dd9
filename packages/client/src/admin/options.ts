/** How an AdminClient is set up. */
import { nodeTransport } from '../node-transport.ts';
import { type ServerOptions, type ServerSettings, serverSettings, wrong } from '../options.ts';

/** TLS of the connections, as `tls.connect` of Node takes it. Texts are PEM. */
export interface TlsOptions {
  /** Whom to trust in the place of the authorities that Node knows. */
  readonly ca?: string | undefined;
  /** A certificate of this client, and its private key, where the server asks for one. */
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  /** Whether the certificate must be for this server. Default: true. */
  readonly rejectUnauthorized?: boolean | undefined;
}

export interface AdminClientOptions extends Omit<ServerOptions, 'timeout'> {
  /** The API key. Each method needs a scope of it. Absence: undefined for a server without keys, on loopback. */
  readonly key?: string | undefined;
  /** How long a call may take in all; those that send to receivers or end a whole app may take longer. Units: milliseconds. Default: 10,000. */
  readonly timeout?: number | undefined;
  /** Only on Node, 20.16 or later, and not with `fetch`. */
  readonly tls?: TlsOptions | undefined;
}

/** Errors: SessionConfigurationError. */
export function adminSettings(options: AdminClientOptions): ServerSettings {
  const { tls, fetch, timeout = 10_000 } = options ?? {};
  if (tls === undefined) return serverSettings({ ...options, timeout });
  const transports = fetch === undefined ? nodeTransport(tls) : null;
  if (transports === null) {
    throw wrong(
      'wrong_tls',
      'tls is only for Node 20.16 or later, and not for a fetch of your own, which has its own TLS',
    );
  }
  return serverSettings({ ...options, timeout }, transports);
}
