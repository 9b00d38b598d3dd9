// Creates sessions with redis-sessions itself, 500 at a time, and prints their tokens: `fill.mjs PORT APP COUNT DATA`.
import RedisSessions from 'redis-sessions';

const [port, app, count, data] = process.argv.slice(2);
const sessions = new RedisSessions({ port: Number(port), namespace: 'drs', wipe: 0 });
const tokens = [];
let next = 0;

function create(done) {
  if (next === Number(count)) return done();
  // redis-sessions writes to what it is given.
  const d = data === '' ? undefined : JSON.parse(data);
  sessions.create({ app, id: `user${next++}`, ip: '192.0.2.7', ttl: 7200, d }, (error, created) => {
    if (error) throw error;
    tokens.push(created.token);
    create(done);
  });
}

await Promise.all(Array.from({ length: 500 }, () => new Promise(create)));
process.stdout.write(`${tokens.join('\n')}\n`, () => sessions.quit());
