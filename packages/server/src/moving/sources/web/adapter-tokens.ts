/**
 * The tokens that our adapters have for ids of their platforms. Mostly the id is the token; for one that is too short, or of other characters,
 * stands one that follows from it. As packages/client: framework/framework-ids.ts and adapters/php: Internal/Ids.php have it.
 */
import { createHash, createHmac } from 'node:crypto';
import { CALLER_TOKEN, CALLER_TOKEN_LENGTH } from '../../../core/validate.ts';

/** Units: characters. */
const SHORTEST = 22;

/** Tells whether a session layer of Node takes an id for the token. */
export function isNodeToken(id: string): boolean {
  return CALLER_TOKEN.test(id) && id.length >= SHORTEST && id.length <= CALLER_TOKEN_LENGTH.max;
}

/** Gives the token of an id of express-session, without `idSecret`. */
export function nodeToken(id: string): string {
  return isNodeToken(id) ? id : createHmac('sha256', '').update(`rest-sessions id ${id}`).digest('base64url');
}

/** Gives the token of an id of PHP. */
export function phpToken(id: string): string {
  return id.length < SHORTEST ? `php.${createHash('sha256').update(id).digest('hex')}` : id;
}
