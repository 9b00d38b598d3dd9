/** `--from spring-session:redis://…`. */
import type { SourceKind } from '../source.ts';
import { KEEP_TOKENS, PREFIX, SUBJECT } from './words.ts';

export const springSession: SourceKind = {
  where: 'redis://HOST:PORT/DB',
  text: 'sessions of Spring Session in Redis, indexed or not',
  app: 'needed',
  options: {
    prefix: PREFIX,
    subject: SUBJECT,
    cookie: { value: 'base64|raw', text: 'how its cookie has the id: base64 is what Spring does' },
    'keep-tokens': KEEP_TOKENS,
  },
  open: async (where, given) => (await import('./spring/session.ts')).openSpringSession(where, given),
};
