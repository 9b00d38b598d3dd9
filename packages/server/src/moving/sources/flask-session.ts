/** `--from flask-session:redis://…`. */
import type { SourceKind } from '../source.ts';
import { KEEP_TOKENS, PREFIX, SECRET_FILE, SUBJECT, TIMEOUT } from './words.ts';

export const flaskSession: SourceKind = {
  where: 'redis://HOST:PORT/DB',
  text: 'sessions of Flask-Session in Redis',
  app: 'needed',
  options: {
    prefix: PREFIX,
    subject: SUBJECT,
    timeout: TIMEOUT,
    signed: { value: null, text: 'its cookies are signed (SESSION_USE_SIGNER)' },
    'secret-file': SECRET_FILE,
    'keep-tokens': KEEP_TOKENS,
  },
  open: async (where, given) => (await import('./flask/session.ts')).openFlaskSession(where, given),
};
