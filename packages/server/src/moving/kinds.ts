/**
 * The kinds of sources that `rest-sessions import --from KIND:…` reads: the one table of them, from which come the words of the command
 * and its help. A kind loads its reader when it is opened, and no sooner. In the order of --help.
 */
import type { SourceKind } from './source.ts';
import { djangoCache } from './sources/django-cache.ts';
import { djangoDb } from './sources/django-db.ts';
import { connectRedis } from './sources/express/kind.ts';
import { flaskSession } from './sources/flask-session.ts';
import { phpFiles, phpRedis } from './sources/php/kinds.ts';
import { predecessor } from './sources/predecessor/kind.ts';
import { springSession } from './sources/spring-session.ts';

export const KINDS: Readonly<Record<string, SourceKind>> = {
  predecessor,
  'connect-redis': connectRedis,
  'php-files': phpFiles,
  'php-redis': phpRedis,
  'django-db': djangoDb,
  'django-cache': djangoCache,
  'flask-session': flaskSession,
  'spring-session': springSession,
  ndjson: {
    where: 'FILE|-',
    text: 'a file that rest-sessions export wrote, or one like it from standard input',
    app: 'filter',
    options: {},
    open: async (where, given) => (await import('./sources/ndjson.ts')).openNdjson(where, given),
  },
};
