/**
 * The files of the server's own TLS: read together, and refused together when they could not be served with, before they are
 * put to use. Each fault names the variable, the file and what to do, because OpenSSL's words name none of them.
 */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { statSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import type { TlsConfig } from './config.ts';
import { readRegular } from './files/regular-file.ts';
import { secureContext, type TlsFiles } from './http/sockets/secure-server.ts';

/** Files that fit, and what their operator should know; one line each. */
export interface ReadTlsFiles {
  readonly files: TlsFiles;
  /** When the first certificate of RS_TLS_CERT ends. Units: epoch milliseconds. */
  readonly endsAt: number;
  readonly warnings: readonly string[];
}

/** Reads them. Errors: an Error of one line that says what is wrong with which variable's file. */
export function readTlsFiles({ cert, key, clientCa }: TlsConfig): ReadTlsFiles {
  const files = {
    cert: contentsOf('RS_TLS_CERT', cert),
    key: contentsOf('RS_TLS_KEY', key),
    clientCa: clientCa === null ? null : contentsOf('RS_TLS_CLIENT_CA', clientCa),
  };
  const chain = certificatesIn(`RS_TLS_CERT: ${cert}`, files.cert);
  const [own] = chain;
  const privateKey = keyIn(`RS_TLS_KEY: ${key}`, files.key);
  // Of two keys of different kinds OpenSSL would say nothing until a client comes.
  if (!own!.checkPrivateKey(privateKey)) {
    throw new Error(
      `RS_TLS_CERT and RS_TLS_KEY cannot be used together: the certificate in ${cert} is not for the key in ${key}`,
    );
  }
  if (files.clientCa !== null) certificatesIn(`RS_TLS_CLIENT_CA: ${clientCa}`, files.clientCa);
  try {
    createSecureContext(secureContext(files));
  } catch (error) {
    throw new Error(`RS_TLS_CERT and RS_TLS_KEY cannot be used: ${(error as Error).message} (${cert}, ${key})`);
  }
  const endsAt = Math.min(...chain.map(({ validTo }) => Date.parse(validTo)));
  return { files, endsAt, warnings: [...accessWarnings(key), ...expiryWarnings(cert, own!)] };
}

function contentsOf(variable: string, path: string): Buffer {
  try {
    return readRegular(path);
  } catch (error) {
    throw new Error(`${variable}: ${path} cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
}

const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----[^-]*-----END \1-----/g;

/** Gives the certificates of a PEM file, the first one first. */
function certificatesIn(where: string, pem: Buffer): X509Certificate[] {
  const text = pem.toString('latin1');
  const blocks = [...text.matchAll(BLOCK)].filter(([, kind]) => /^(X509 |TRUSTED )?CERTIFICATE$/.test(kind!));
  if (text.split('-----BEGIN ').length !== text.split('-----END ').length) {
    throw new Error(`${where} is cut off: a block of it has no end; write it again as a whole`);
  }
  if (blocks.length === 0) {
    const is = /-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text) ? 'holds a private key' : 'holds no certificate in PEM';
    throw new Error(`${where} ${is}; it must begin with -----BEGIN CERTIFICATE-----`);
  }
  return blocks.map(([block], i) => {
    try {
      return new X509Certificate(block);
    } catch {
      throw new Error(`${where} holds a certificate that cannot be read (number ${i + 1} in it); write it again`);
    }
  });
}

function keyIn(where: string, pem: Buffer): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (error) {
    const text = pem.toString('latin1');
    if (/ENCRYPTED/.test(text)) {
      throw new Error(
        `${where} has a passphrase, which the server cannot ask for; take it off: openssl pkey -in WITH -out WITHOUT`,
      );
    }
    const is = !/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text)
      ? `holds ${/BEGIN CERTIFICATE/.test(text) ? 'a certificate and no private key' : 'no private key in PEM'}; it must have a line -----BEGIN PRIVATE KEY-----`
      : `holds a private key that cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown form'}); write it again as a whole`;
    throw new Error(`${where} ${is}`);
  }
}

/** Whoever reads the key can stand in for the server. A group may: that is how such files are shared with a service. */
function accessWarnings(key: string): string[] {
  const { mode } = statSync(key);
  if (process.platform === 'win32' || (mode & 0o006) === 0) return [];
  const what = (mode & 0o002) === 0 ? 'read' : 'write';
  return [`RS_TLS_KEY: every account may ${what} ${key} (mode ${(mode & 0o777).toString(8)}); chmod o-rwx it`];
}

function expiryWarnings(cert: string, { validTo }: X509Certificate): string[] {
  return Date.parse(validTo) > Date.now() ? [] : [`RS_TLS_CERT: the certificate in ${cert} ended on ${validTo}`];
}

/** The files in force. */
export class TlsSource {
  private readonly config: TlsConfig;
  private readonly onWarning: (why: string) => void;
  private warned: readonly string[] = [];
  files: TlsFiles;
  /** When the first certificate of the files in force ends. Units: epoch milliseconds. */
  endsAt = 0;
  /** Is given other files once they are found right. */
  use: (files: TlsFiles) => void = () => {};

  /** Errors: an Error of one line. */
  constructor(config: TlsConfig, onWarning: (why: string) => void) {
    this.config = config;
    this.onWarning = onWarning;
    this.files = this.load();
  }

  get paths(): string[] {
    const { cert, key, clientCa } = this.config;
    return [cert, key, clientCa].filter((path) => path !== null);
  }

  /** Takes what the files hold now. Errors: an Error of one line; those from before stay then. */
  reload(): void {
    this.files = this.load();
    this.use(this.files);
  }

  /** What is no fault is told when it begins, and not with each reload. */
  private load(): TlsFiles {
    const { files, endsAt, warnings } = readTlsFiles(this.config);
    for (const why of warnings) if (!this.warned.includes(why)) this.onWarning(why);
    this.warned = warnings;
    this.endsAt = endsAt;
    return files;
  }
}
