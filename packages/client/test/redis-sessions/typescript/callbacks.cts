// What an application of redis-sessions 2 or 3 writes, moved by its first line.
import RedisSessions = require('rest-sessions-client/redis-sessions');

const sessions = new RedisSessions({ host: '127.0.0.1', port: 6379, namespace: 'rs', wipe: 600, cachetime: 60 });
sessions.on('disconnect', () => console.error('lost', sessions.connected));
sessions.create(
  { app: 'forum', id: 'user1001', ip: '192.168.22.58', ttl: 3600, d: { unread: 34 } },
  (error, answer) => {
    if (error) throw error;
    const { token } = answer;
    sessions.get({ app: 'forum', token }, (_error, session) => {
      const unread: string | number | boolean | undefined = session.d?.unread;
      console.log(session.id?.length, unread);
    });
    sessions.set({ app: 'forum', token, d: { unread: 12 } }, (_error, session) => console.log(session.w));
  },
);
sessions.activity({ app: 'forum', dt: 600 }, (_error, { activity }) => console.log(activity.toFixed()));
sessions.soapp({ app: 'forum', dt: 600 }, (_error, answer) => answer.sessions.map(({ id }) => id.length));
sessions.killsoid({ app: 'forum', id: 'user1001' }, (_error, { kill }) => console.log(kill + 1));
sessions.ping((_error, pong) => console.log(pong.length));
sessions.quit();

// @ts-expect-error it says dt
sessions.activity({ app: 'forum', deltaTime: 600 }, () => {});
// @ts-expect-error no nested values
sessions.create({ app: 'forum', id: 'a', ip: '::1', d: { a: { b: 1 } } }, () => {});

export const kept: RedisSessions.Session | null = null;
export const { default: same } = RedisSessions;
