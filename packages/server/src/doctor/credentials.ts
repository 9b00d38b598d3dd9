/** What an operator should renew or mend: API keys, certificates, and the policy file, as a server would read them at its start. */
import { X509Certificate } from 'node:crypto';
import type { Config } from '../config.ts';
import { KeySource } from '../keys/source.ts';
import { PolicyFile } from '../policy/file.ts';
import type { Finding } from '../stores/finding.ts';
import { readTlsFiles } from '../tls.ts';

/** How long before its end something is told. Units: milliseconds. */
const DAY = 86_400_000;
const SOON = 30 * DAY;
const CERTIFICATE = /-----BEGIN (X509 |TRUSTED )?CERTIFICATE-----[^-]*-----END (X509 |TRUSTED )?CERTIFICATE-----/g;

/** Gives what to renew or mend. `now`: epoch milliseconds. */
export function credentialFindings(config: Config, now: number): Finding[] {
  return [...policyFindings(config), ...keyFindings(config, now), ...tlsFindings(config, now)];
}

function policyFindings({ policyFile, variable }: Config): Finding[] {
  if (policyFile === null) return [];
  return refusal('policy', policyFile, () => void new PolicyFile(policyFile, variable));
}

function keyFindings({ keys }: Config, now: number): Finding[] {
  if (keys.file === null && keys.list === null) return [];
  const where = keys.file ?? 'RS_API_KEYS';
  const warnings: Finding[] = [];
  let source: KeySource | null = null;
  const faults = refusal('keys', where, () => {
    source = new KeySource({
      ...keys,
      onEvent: (event) => {
        if (event.kind === 'warning') warnings.push(setting('keys', where, event.why));
      },
    });
  });
  const ends = source === null ? [] : (source as KeySource).ends;
  return [
    ...faults,
    ...warnings,
    ...ends.flatMap(({ name, expiresAt }) => ending('key-expires', `API key ${name}`, expiresAt, now)),
  ];
}

function tlsFindings({ tls, redis }: Config, now: number): Finding[] {
  const own = tls === null ? [] : certificateFindings(tls, now);
  const { ca, cert } = redis.tls ?? {};
  const ofRedis = [
    ['RS_REDIS_CA', ca],
    ['RS_REDIS_CERT', cert],
  ] as const;
  return [
    ...own,
    ...ofRedis.flatMap(([variable, pem]) =>
      pem === undefined ? [] : endingOf(`the certificate of ${variable}`, pem, now),
    ),
  ];
}

function certificateFindings(tls: NonNullable<Config['tls']>, now: number): Finding[] {
  let read: ReturnType<typeof readTlsFiles> | null = null;
  const faults = refusal('tls', 'RS_TLS_CERT', () => {
    read = readTlsFiles(tls);
  });
  if (read === null) return faults;
  const { files, warnings } = read as ReturnType<typeof readTlsFiles>;
  // That it has ended is told below, as what is about to end.
  const rights = warnings.filter((why) => !why.includes(' ended on ')).map((why) => setting('tls', 'RS_TLS_KEY', why));
  const authority = files.clientCa === null ? [] : endingOf('the certificate of RS_TLS_CLIENT_CA', files.clientCa, now);
  return [...rights, ...endingOf('the certificate of RS_TLS_CERT', files.cert, now), ...authority];
}

/** Gives the ends of the certificates of a PEM text that are near: the chain ends with the first of them that does. */
function endingOf(where: string, pem: Buffer, now: number): Finding[] {
  const blocks = pem.toString('latin1').match(CERTIFICATE) ?? [];
  try {
    if (blocks.length === 0) throw new Error('no certificate');
    const ends = blocks.map((block) => new X509Certificate(block));
    return ends.flatMap(({ subject, validTo }, i) => {
      const which = blocks.length === 1 ? where : `${where} (number ${i + 1}, ${subject.replaceAll('\n', ', ')})`;
      return ending('certificate-expires', which, Date.parse(validTo), now);
    });
  } catch {
    return [setting('tls', where, 'it cannot be read as a certificate in PEM')];
  }
}

function ending(code: string, where: string, end: number | null, now: number): Finding[] {
  if (end === null || end - now > SOON) return [];
  const day = new Date(end).toISOString().slice(0, 10);
  const days = Math.floor((end - now) / DAY);
  const when = days === 0 ? 'within a day' : days === 1 ? 'in 1 day' : `in ${days} days`;
  const message = end <= now ? `it ended on ${day}; renew it` : `it ends on ${day}, ${when}; renew it`;
  return [{ kind: end <= now ? 'state' : 'setting', code, where, message }];
}

/** Gives why a server would not start, when it would not. */
function refusal(code: string, where: string, read: () => void): Finding[] {
  try {
    read();
    return [];
  } catch (error) {
    const why = (error as Error).message.replaceAll('\n', '; ');
    return [setting(code, where, `a server that starts now would refuse it: ${why}`)];
  }
}

function setting(code: string, where: string, message: string): Finding {
  return { kind: 'setting', code, where, message };
}
