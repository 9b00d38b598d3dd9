/**
 * The ids that a framework makes for its sessions, and the tokens that they are on the server.
 *
 * The usual ids (22 characters or more) are tokens as they are, so every other stack opens the session by the same text. The server
 * takes no shorter ones, nor other characters. For such an id stands a token that follows from it: its HMAC. That makes a
 * token of the right form, and nothing more: who can guess the id can guess the token, too, unless `secret` goes into it. The id itself is as
 * good as the framework's signature of its cookie, as it is with every other store.
 */
import { createHmac } from 'node:crypto';
import { isToken } from '../request-parts.ts';

/** Units: characters. */
const SHORTEST_TOKEN = 22;

export class FrameworkIds {
  private readonly secret: string | undefined;
  private hasWarned = false;

  /** Errors: TypeError. */
  constructor(secret: string | undefined) {
    if (secret !== undefined && (typeof secret !== 'string' || secret === ''))
      throw new TypeError('idSecret must be text that is not empty');
    this.secret = secret;
  }

  /** Gives the token. */
  tokenOf(id: string): string {
    if (isOwnToken(id)) return id;
    return createHmac('sha256', this.secret ?? '')
      .update(`rest-sessions id ${id}`)
      .digest('base64url');
  }

  /** Tells the operator, once, that a framework makes ids that can be guessed. */
  warnOf(id: string): void {
    if (isOwnToken(id) || this.secret !== undefined || this.hasWarned) return;
    this.hasWarned = true;
    process.emitWarning(
      `a session has an id of ${id.length} characters, which may be guessed: let the framework make ids of ${SHORTEST_TOKEN} or more random ` +
        'characters of A-Z, a-z, 0-9, . _ ~ : , and -, or give the store an idSecret',
      { code: 'REST_SESSIONS_WEAK_ID' },
    );
  }
}

/** Tells whether an id is its own token. */
export function isOwnToken(id: string): boolean {
  return isToken(id) && id.length >= SHORTEST_TOKEN;
}
