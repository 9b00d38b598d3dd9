// The predecessor's stack, as a user of 2.x runs it: Express 4 in front of redis-sessions 3.0.0, its public API only.
import express from 'express';
import RedisSessions from 'redis-sessions';

const sessions = new RedisSessions({ port: Number(process.env.REDIS_PORT), namespace: 'drs' });
const app = express();
app.use(express.json({ limit: '60kb' }));

const answer = (response) => (error, result) => {
  if (error) response.status(500).json({ name: error.name, message: error.message });
  else response.json(result);
};

app.get('/ping', (_, response) => sessions.ping(answer(response)));
app.put('/:app/create/:id', ({ params: { app, id }, query: { ip, ttl }, body }, response) => {
  const d = Object.keys(body).length > 0 ? body : undefined;
  sessions.create({ app, id, ip, ttl: ttl ?? 7200, d }, answer(response));
});
app.get('/:app/get/:token', ({ params: { app, token } }, response) => sessions.get({ app, token }, answer(response)));
app.post('/:app/set/:token', ({ params: { app, token }, body }, response) =>
  sessions.set({ app, token, d: body }, answer(response)),
);
app.delete('/:app/kill/:token', ({ params: { app, token } }, response) =>
  sessions.kill({ app, token }, answer(response)),
);

const server = app.listen(0, '127.0.0.1', () => console.log(`listens on http://127.0.0.1:${server.address().port}`));
