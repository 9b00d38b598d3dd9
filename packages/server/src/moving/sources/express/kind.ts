/** `connect-redis`: what the command knows of this kind. */
import type { Given, Source, SourceKind } from '../../source.ts';
import { subjectPath } from '../web/subject-path.ts';
import { KEEP_TOKENS, needKeepTokens, PREFIX, SUBJECT, timeoutOf } from '../words.ts';

/** What connect-redis takes when it is told nothing. Units: milliseconds. */
const TIMEOUT = 86_400_000;
const DEFAULT_PREFIX = 'sess:';

export const connectRedis: SourceKind = {
  where: 'redis://HOST:PORT/DB',
  text: 'the Redis of express-session with connect-redis (JSON, the default)',
  app: 'needed',
  options: {
    'keep-tokens': KEEP_TOKENS,
    subject: SUBJECT,
    prefix: { ...PREFIX, text: `${PREFIX.text}; ${DEFAULT_PREFIX} without it` },
    timeout: {
      value: 'SECONDS',
      text: 'how long a visit keeps a session whose cookie has no end: its option ttl',
    },
  },
  open,
};

async function open(where: string, given: Given): Promise<Source> {
  needKeepTokens(given, 'connect-redis');
  const subject = subjectPath(given);
  const timeout = timeoutOf(given) ?? TIMEOUT;
  const prefix = given.text('prefix') ?? DEFAULT_PREFIX;
  const [{ RedisServer }, { ConnectRedisSource }, { Notes, survey }] = await Promise.all([
    import('../redis-server.ts'),
    import('./connect-redis.ts'),
    import('../web/survey.ts'),
  ]);
  const redis = await RedisServer.open(where, '--from');
  const { clock } = given;
  const source = new ConnectRedisSource({
    redis,
    prefix,
    app: given.app!,
    subject,
    timeout,
    notes: new Notes(),
    clock,
  });
  try {
    await survey(source, given.text('subject'));
    return source;
  } catch (error) {
    redis.close();
    throw error;
  }
}
