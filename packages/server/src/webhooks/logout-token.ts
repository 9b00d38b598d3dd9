/** Logout tokens of OpenID Connect Back-Channel Logout 1.0: a JWT (RFC 7519) that says whose session has ended, signed with node:crypto. */
import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';

export interface Logout {
  readonly issuer: string;
  readonly audience: string;
  /** The same over all attempts. */
  readonly id: string;
  readonly subject: string;
  readonly session: string;
}

/** Units: seconds. For clocks that differ, and no longer: each attempt has a token of its own. */
const LIFETIME = 120;
const EVENT = 'http://schemas.openid.net/event/backchannel-logout';

/** The member of a JWK that its thumbprint is made of, in the order of RFC 7638. */
const MEMBERS = { rsa: ['e', 'kty', 'n'], ec: ['crv', 'kty', 'x', 'y'], ed25519: ['crv', 'kty', 'x'] } as const;
const ALGORITHMS = { rsa: 'RS256', ec: 'ES256', ed25519: 'EdDSA' } as const;

/** Signs logout tokens with one key. `pem`: as policy/secret.ts takes it. */
export class LogoutSigner {
  private readonly key: KeyObject;
  private readonly type: keyof typeof ALGORITHMS;
  private readonly header: string;

  constructor(pem: string) {
    this.key = createPrivateKey(pem);
    this.type = this.key.asymmetricKeyType as keyof typeof ALGORITHMS;
    this.header = encoded({ alg: ALGORITHMS[this.type], typ: 'logout+jwt', kid: thumbprint(this.key, this.type) });
  }

  token({ issuer, audience, id, subject, session }: Logout, now: number): string {
    const iat = Math.floor(now / 1000);
    const claims = { iss: issuer, aud: audience, iat, exp: iat + LIFETIME, jti: id, sub: subject, sid: session };
    const text = `${this.header}.${encoded({ ...claims, events: { [EVENT]: {} } })}`;
    const key = this.type === 'ec' ? { key: this.key, dsaEncoding: 'ieee-p1363' as const } : this.key;
    return `${text}.${sign(this.type === 'ed25519' ? null : 'sha256', Buffer.from(text), key).toString('base64url')}`;
  }
}

function thumbprint(key: KeyObject, type: keyof typeof MEMBERS): string {
  const jwk = createPublicKey(key).export({ format: 'jwk' });
  const members = Object.fromEntries(MEMBERS[type].map((name) => [name, jwk[name]]));
  return createHash('sha256').update(JSON.stringify(members)).digest('base64url');
}

function encoded(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
