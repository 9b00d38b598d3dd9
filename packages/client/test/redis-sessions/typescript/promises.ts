// What an application of redis-sessions 4 writes, moved by its first line.
import RedisSessions, {
  RedisSessions as Named,
  type RedisSessionsOptions,
  type Session,
} from 'rest-sessions-client/redis-sessions';

type Data = { foo: string; unread?: number; premium?: boolean };

const options: RedisSessionsOptions = { port: 6379, cachetime: 60, cachemax: 100 };
const sessions = new RedisSessions<Data>(options);
const { token } = await sessions.create({ app: 'forum', id: 'user1001', ip: '192.168.22.58', d: { foo: 'bar' } });
const session: Session<Data> | null = await sessions.get({ app: 'forum', token });
const foo: string | undefined = session?.d?.foo;
await sessions.set({ app: 'forum', token, d: { unread: null, premium: true } });
const { sessions: all } = await sessions.soapp({ app: 'forum', deltaTime: 600 });
const kill: number = (await sessions.kill({ app: 'forum', token })).kill;
await new Named().quit();
console.log(foo, all.length, kill, (await sessions.ping()).length);

// @ts-expect-error only what may be left out may be removed
await sessions.set({ app: 'forum', token, d: { foo: null } });
// @ts-expect-error it says deltaTime
await sessions.activity({ app: 'forum', dt: 600 });
