/** Secrets that a policy file names and does not hold: read with it, so that one that is missing is a fault of the file. */
import { createPrivateKey } from 'node:crypto';
import type { SecretPlace } from '../core/policy.ts';
import { readRegular } from '../files/regular-file.ts';

/** Gives a variable of the environment. Absence: undefined. */
export type VariableOf = (name: string) => string | undefined;

/** What is outside of the file. `pathOf`: gives the path that a name in the file means. */
export interface Outside {
  readonly variable: VariableOf;
  readonly pathOf: (name: string) => string;
}

/** Units: bytes. By Standard Webhooks. */
const [SHORTEST, LONGEST] = [24, 64];
const LONGEST_FILE = 65_536;
const PREFIX = 'whsec_';

/** Gives the text of a secret without white space around it, or the rule that is broken. */
export function secretIn(place: SecretPlace, { variable, pathOf }: Outside): { text: string } | { rule: string } {
  if ('env' in place) {
    const text = variable(place.env)?.trim() ?? '';
    return text === '' ? { rule: `names the variable ${place.env}, which is not set` } : { text };
  }
  try {
    const bytes = readRegular(pathOf(place.file));
    if (bytes.length > LONGEST_FILE) return { rule: `names a file of more than ${LONGEST_FILE} bytes` };
    const text = bytes.toString('utf8').trim();
    return text === '' ? { rule: 'names a file with nothing in it' } : { text };
  } catch (error) {
    return { rule: `names a file that cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown fault'})` };
  }
}

/** Gives what is wrong with a secret of a webhook. It never quotes it. Absence: null when nothing is. */
export function secretRule(kind: 'events' | 'backchannel-logout', text: string): string | null {
  return kind === 'events' ? signingRule(text) : keyRule(text);
}

function signingRule(text: string): string | null {
  const rule = `names a secret that must be ${PREFIX} and ${SHORTEST} to ${LONGEST} bytes in base64`;
  if (!text.startsWith(PREFIX)) return rule;
  const base64 = text.slice(PREFIX.length);
  const { length } = Buffer.from(base64, 'base64');
  // With its padding: the receivers of some languages take no other.
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(base64)) return rule;
  return length < SHORTEST || length > LONGEST ? `${rule}, not ${length}` : null;
}

function keyRule(text: string): string | null {
  const rule =
    'names a key that must be a private one, as PEM without a passphrase: RSA of 2048 bits or more, P-256 or Ed25519';
  try {
    const { asymmetricKeyType: type, asymmetricKeyDetails: details } = createPrivateKey(text);
    if (type === 'ed25519') return null;
    if (type === 'rsa' && (details?.modulusLength ?? 0) >= 2048) return null;
    return type === 'ec' && details?.namedCurve === 'prime256v1' ? null : rule;
  } catch {
    return rule;
  }
}
