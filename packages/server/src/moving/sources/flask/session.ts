/** The sessions of Flask-Session in Redis: msgpack or JSON since 0.7, pickle before. */
import { createHmac } from 'node:crypto';
import { type Given, type Source, UsageFault } from '../../source.ts';
import { carry, nameOf, timesUntil } from '../carried.ts';
import { packFlask } from '../python/sessions.ts';
import { readStored } from '../python/stored-value.ts';
import { subjectAt } from '../python/subject.ts';
import { NotReadable } from '../python/value.ts';
import { RedisServer } from '../redis-server.ts';
import { RedisSource } from '../redis-source.ts';
import { needKeepTokens, secretsOf, subjectPath, timeoutOf } from '../words.ts';

/** SESSION_KEY_PREFIX where nobody has changed it. */
const DEFAULT_PREFIX = 'session:';
/** Where Flask-Login has the user. */
const SUBJECT = ['_user_id'];

/** Errors: WrongSource, UsageFault. */
export async function openFlaskSession(where: string, given: Given): Promise<Source> {
  needKeepTokens(given, 'Flask-Session');
  const cookieOf = await signerFor(given);
  const prefix = given.text('prefix') ?? DEFAULT_PREFIX;
  const path = subjectPath(given) ?? SUBJECT;
  const timeout = timeoutOf(given);
  return new RedisSource(await RedisServer.open(where, '--from'), {
    name: 'Flask-Session',
    tokenIn: (key) => (key.startsWith(prefix) && key.length > prefix.length ? key.slice(prefix.length) : null),
    command: 'GET',
    read: (sid, value, left) => {
      const now = given.clock();
      try {
        const values = readStored(value as Buffer);
        const times = timesUntil(left === null ? null : now + left, timeout, now);
        const subject = subjectAt(values, path);
        return carry({ app: given.app!, token: cookieOf(sid), subject, ...packFlask(values), times });
      } catch (error) {
        if (!(error instanceof NotReadable)) throw error;
        return { kind: 'left', reason: 'unreadable', example: nameOf(sid) };
      }
    },
    hint: `its keys would begin with ${prefix} (SESSION_KEY_PREFIX is what --prefix names)`,
  });
}

/** With SESSION_USE_SIGNER the cookie is `ID.SIGNATURE`, and that text as a whole is the token. Gives what makes it of an id. */
async function signerFor(given: Given): Promise<(sid: string) => string> {
  const secrets = await secretsOf(given);
  if (!given.has('signed')) {
    if (secrets.length > 0) throw new UsageFault('--secret-file is for --signed cookies (SESSION_USE_SIGNER)');
    return (sid) => sid;
  }
  if (secrets.length !== 1)
    throw new UsageFault('--signed needs --secret-file with the one SECRET_KEY of the application');
  // itsdangerous.Signer(secret, salt="flask-session", key_derivation="hmac"), with its SHA-1.
  const key = createHmac('sha1', secrets[0]!).update('flask-session').digest();
  return (sid) => `${sid}.${createHmac('sha1', key).update(sid).digest('base64url')}`;
}
