/**
 * What we write into the old Redis while sessions come over, beside the keys of redis-sessions (moving/sources/predecessor/layout.ts).
 * Drawn once; `A` is `rest-sessions-adopt:NS`:
 *
 *   A:claim:APP:TOKEN   hash        of a session that was taken: state (taken, then here), owner and until (who installs it, and until
 *                                   when nobody else may), id, score, ends (its places in the old indexes)
 *   A:record:APP:TOKEN  hash        the old session, as long as it is taken and not yet installed here
 *   A:taken             sorted set  APP:TOKEN → when it was taken (ms): what a crash leaves is found here
 *   A:here              sorted set  APP:TOKEN → when it was installed here (ms)
 *   A:ids               hash        our id → APP:TOKEN of old sessions that a list has shown; gone a day after the last list
 *
 * In the place of the old session stands a marker, a hash without an id: nobody can open it, and who ends a session that he has read
 * before ends the marker. So such a kill is seen (settle.lua). Marker and claim go ten seconds after the session was installed.
 */
import type { Layout } from '../moving/sources/predecessor/layout.ts';

export class OldKeys {
  readonly layout: Layout;
  readonly taken: string;
  readonly here: string;
  readonly ids: string;
  /** What stands before APP:TOKEN in the name of a claim. */
  readonly claims: string;
  private readonly prefix: string;

  constructor(layout: Layout) {
    this.layout = layout;
    this.prefix = `rest-sessions-adopt:${layout.namespace}:`;
    this.taken = `${this.prefix}taken`;
    this.here = `${this.prefix}here`;
    this.ids = `${this.prefix}ids`;
    this.claims = `${this.prefix}claim:`;
  }

  /** The namespace with its colon: what all keys of redis-sessions begin with. */
  get namespace(): string {
    return `${this.layout.namespace}:`;
  }

  claim(app: string, token: string): string {
    return `${this.claims}${app}:${token}`;
  }

  record(app: string, token: string): string {
    return `${this.prefix}record:${app}:${token}`;
  }
}

/** A session in a list of ours. */
export interface Member {
  readonly app: string;
  readonly token: string;
}

/** Takes APP:TOKEN apart. Absence: null when it is something else. */
export function readMember(text: string): Member | null {
  const colon = text.indexOf(':');
  return colon < 1 ? null : { app: text.slice(0, colon), token: text.slice(colon + 1) };
}
