/** `--from django-db:FILE`. */
import type { SourceKind } from '../source.ts';
import { KEEP_TOKENS, SECRET_FILE, SUBJECT, TIMEOUT } from './words.ts';

export const djangoDb: SourceKind = {
  where: 'FILE|-',
  text: 'the table django_session in an SQLite file, or a dump: SQL, CSV, dumpdata',
  app: 'needed',
  options: { 'secret-file': SECRET_FILE, subject: SUBJECT, timeout: TIMEOUT, 'keep-tokens': KEEP_TOKENS },
  open: async (where, given) => (await import('./django/table.ts')).openDjangoTable(where, given),
};
