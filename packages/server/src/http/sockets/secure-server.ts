/**
 * The TLS around Node's HTTP server: versions, ciphers, client certificates, a change of files under open connections.
 * HTTP/1.1 only: docs/decisions/0021-no-http2.md says why.
 */
import type { RequestListener, ServerOptions } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { Socket } from 'node:net';
import type { SecureContextOptions, TLSSocket } from 'node:tls';
import type { IncomingRequest } from './incoming-request.ts';

/** The contents of PEM files. */
export interface TlsFiles {
  readonly cert: Buffer;
  readonly key: Buffer;
  /** Absence: null when clients need no certificate. */
  readonly clientCa: Buffer | null;
}

/** Units: milliseconds. Shorter than a stop may take. */
const HANDSHAKE_TIMEOUT = 8000;

/** All of TLS 1.3, and of 1.2 what has forward secrecy and authenticated encryption. */
const CIPHERS = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
].join(':');

/** Gives what a connection is made with. Node prefers 1.3 by itself. */
export function secureContext({ cert, key, clientCa }: TlsFiles): SecureContextOptions {
  return { cert, key, ...(clientCa && { ca: clientCa }), minVersion: 'TLSv1.2', ciphers: CIPHERS };
}

/** An HTTP server over TLS, with what `close` of Node's own does not know of. */
export class TlsSide {
  readonly server: Server;
  private readonly needsCertificate: boolean;
  private readonly names = new WeakMap<Socket, readonly string[]>();
  private readonly shakingHands = new Map<string, Socket>();

  constructor(
    files: TlsFiles,
    options: ServerOptions<typeof IncomingRequest>,
    handle: RequestListener<typeof IncomingRequest>,
  ) {
    this.needsCertificate = files.clientCa !== null;
    this.server = createServer(
      {
        ...options,
        ...secureContext(files),
        handshakeTimeout: HANDSHAKE_TIMEOUT,
        requestCert: this.needsCertificate,
        rejectUnauthorized: this.needsCertificate,
      },
      handle,
    );
    // Node would have the refusal of bad HTTP written onto a connection that never came about.
    this.server.removeAllListeners('tlsClientError');
    this.server.on('tlsClientError', (_error, socket) => socket.destroy());
    this.server.on('connection', (socket: Socket) => {
      const peer = peerOf(socket);
      this.shakingHands.set(peer, socket);
      socket.once('close', () => this.shakingHands.delete(peer));
    });
    this.server.on('secureConnection', (socket) => {
      // From here on the server's own count has it.
      this.shakingHands.delete(peerOf(socket));
      if (this.needsCertificate) this.names.set(socket, namesOf(socket));
    });
  }

  /** Gives the names in a client's certificate: read once a connection, because reading is slow. */
  namesFor(socket: Socket): readonly string[] {
    return this.names.get(socket) ?? [];
  }

  /** Uses other files for the connections to come. Those that are open stay as they are. Errors: what OpenSSL says. */
  use(files: TlsFiles): void {
    this.server.setSecureContext(secureContext(files));
  }

  /** Ends the connections that are not yet HTTP, which a stop would otherwise wait for. */
  dropHandshakes(): void {
    for (const socket of this.shakingHands.values()) socket.destroy();
  }
}

/** What the connection beneath and the TLS upon it have in common. */
function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}

/**
 * Names that an authority has put into a certificate: `CN=…` of its subject, and its alternative names as Node writes them
 * (`DNS:…`, `URI:…`, `email:…`). A certificate with several CNs, or a name that needed quoting, has none of that kind: what
 * could be read in two ways must not open anything.
 */
export function namesOf(socket: Pick<TLSSocket, 'getPeerCertificate'>): readonly string[] {
  const { subject, subjectaltname } = socket.getPeerCertificate();
  const names: string[] = [];
  const common: unknown = subject?.CN;
  if (typeof common === 'string') names.push(`CN=${common}`);
  if (subjectaltname !== undefined && !subjectaltname.includes('"')) names.push(...subjectaltname.split(', '));
  return names;
}
