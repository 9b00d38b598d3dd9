/** `php-files` and `php-redis`: what the command knows of these kinds. */
import { type Given, type Source, type SourceKind, UsageFault } from '../../source.ts';
import { subjectPath } from '../web/subject-path.ts';
import { KEEP_TOKENS, needKeepTokens, PREFIX, SUBJECT, timeoutOf } from '../words.ts';
import { FORMATS, type SessionFormat } from './session-text.ts';

/** `session.gc_maxlifetime` of a PHP that is told nothing. Units: milliseconds. */
const TIMEOUT = 1_440_000;
const DEFAULT_PREFIX = 'PHPREDIS_SESSION:';

const OPTIONS = {
  'keep-tokens': KEEP_TOKENS,
  subject: SUBJECT,
  timeout: {
    value: 'SECONDS',
    text: `how long a visit keeps a session: session.gc_maxlifetime; ${TIMEOUT / 1000} without it`,
  },
  format: { value: FORMATS.join('|'), text: 'session.serialize_handler; without it each session itself tells' },
};

export const phpFiles: SourceKind = {
  where: 'FOLDER',
  text: 'the files of PHP (sess_…); FOLDER may be as session.save_path has it (2;FOLDER)',
  app: 'needed',
  options: OPTIONS,
  open: async (where, given) => {
    needKeepTokens(given, 'PHP');
    const options = optionsOf(given);
    const [{ PhpFilesSource }, { Notes }] = await Promise.all([import('./php-files.ts'), import('../web/survey.ts')]);
    return surveyed(await PhpFilesSource.open(where, { ...options, notes: new Notes() }), given);
  },
};

export const phpRedis: SourceKind = {
  where: 'redis://HOST:PORT/DB',
  text: 'the Redis of PHP: the handler of phpredis; with --prefix those of Symfony and Predis',
  app: 'needed',
  options: {
    ...OPTIONS,
    prefix: { ...PREFIX, text: `${PREFIX.text}; ${DEFAULT_PREFIX} without it` },
    'no-prefix': { value: null, text: 'the names of the keys are the ids, as with Predis that has no prefix' },
  },
  open: async (where, given) => {
    needKeepTokens(given, 'PHP');
    const options = optionsOf(given);
    if (given.has('no-prefix') && given.has('prefix'))
      throw new UsageFault('--no-prefix and --prefix do not go together');
    const prefix = given.has('no-prefix') ? '' : (given.text('prefix') ?? DEFAULT_PREFIX);
    const [{ RedisServer }, { PhpRedisSource }, { Notes }] = await Promise.all([
      import('../redis-server.ts'),
      import('./php-redis.ts'),
      import('../web/survey.ts'),
    ]);
    const redis = await RedisServer.open(where, '--from');
    return surveyed(new PhpRedisSource({ ...options, notes: new Notes(), redis, prefix }), given);
  },
};

/** Errors: UsageFault. */
function optionsOf(given: Given) {
  const { text, app, clock } = given;
  const format = text('format') ?? null;
  if (format !== null && !isFormat(format))
    throw new UsageFault(`--format must be ${FORMATS.join(' or ')}; php_binary and igbinary are not read`);
  return { app: app!, subject: subjectPath(given), timeout: timeoutOf(given) ?? TIMEOUT, format, clock };
}

function isFormat(text: string): text is SessionFormat {
  return (FORMATS as readonly string[]).includes(text);
}

async function surveyed(source: Source & import('../web/survey.ts').Surveyed, { text }: Given): Promise<Source> {
  const { survey } = await import('../web/survey.ts');
  try {
    await survey(source, text('subject'));
    return source;
  } catch (error) {
    await source.close();
    throw error;
  }
}
