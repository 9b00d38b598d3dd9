/** Real certificates for tests, made by openssl: an authority and what it signs. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Authority {
  /** The path of its own certificate. */
  readonly cert: string;
  /** Makes a certificate for a subject; gives the paths of it and its key. */
  readonly issue: (file: string, subject: string, names: string) => { readonly cert: string; readonly key: string };
}

/** Makes an authority in a folder. `name` tells several apart. */
export function makeAuthority(folder: string, name = 'ca'): Authority {
  const at = (file: string) => join(folder, file);
  const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: 'pipe' });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  const authority = ['-CA', at(`${name}.pem`), '-CAkey', at(`${name}.key`)];
  openssl('req', '-x509', ...key, '-subj', `/CN=${name}`, '-keyout', at(`${name}.key`), '-out', at(`${name}.pem`));
  return {
    cert: at(`${name}.pem`),
    issue: (file, subject, names) => {
      const [request, extensions] = [at(`${file}.csr`), at(`${file}.ext`)];
      openssl('req', ...key.slice(0, 5), '-subj', subject, '-keyout', at(`${file}.key`), '-out', request);
      writeFileSync(extensions, `subjectAltName=${names}\n`);
      const signed = [
        '-in',
        request,
        '-days',
        '2',
        '-extfile',
        extensions,
        '-CAcreateserial',
        '-out',
        at(`${file}.pem`),
      ];
      openssl('x509', '-req', ...authority, ...signed);
      return { cert: at(`${file}.pem`), key: at(`${file}.key`) };
    },
  };
}
