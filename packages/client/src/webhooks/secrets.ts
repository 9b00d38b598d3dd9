/** The secrets of webhooks: `whsec_` and base64, where the prefix may be left out. */

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$/;

/** Gives the bytes of each. Errors: TypeError, without the secret. */
export function secretsOf(secrets: string | readonly string[]): Uint8Array<ArrayBuffer>[] {
  const all: readonly unknown[] = Array.isArray(secrets) ? secrets : [secrets];
  if (all.length === 0) throw new TypeError('secrets must be one at least');
  return all.map((secret) => {
    const text = typeof secret === 'string' ? secret.replace(/^whsec_/, '') : '';
    if (text === '' || !BASE64.test(text))
      throw new TypeError('a secret must be whsec_ and base64, as the server has it');
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  });
}
