/** Reads the files of the server's own TLS, and refuses what could not be served with before it is put to use. */
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import type { TlsConfig } from './config.ts';
import { secureContext, type TlsFiles } from './http/secure-server.ts';

/** Reads them. Errors: an Error of one line that says what is wrong with which variable's file. */
export function readTlsFiles({ cert, key, clientCa }: TlsConfig): TlsFiles {
  const read = (variable: string, path: string) => {
    try {
      return readFileSync(path);
    } catch {
      throw new Error(`${variable}: ${path} cannot be read`);
    }
  };
  const files = {
    cert: read('RS_TLS_CERT', cert),
    key: read('RS_TLS_KEY', key),
    clientCa: clientCa === null ? null : read('RS_TLS_CLIENT_CA', clientCa),
  };
  try {
    createSecureContext(secureContext(files));
  } catch (error) {
    throw new Error(`RS_TLS_CERT and RS_TLS_KEY cannot be used: ${(error as Error).message}`);
  }
  return files;
}
