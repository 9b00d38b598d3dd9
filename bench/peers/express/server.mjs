// An Express application as many have it: a page that reads the session, and one that changes it. STORE says where its sessions are.
import { RedisStore } from 'connect-redis';
import express from 'express';
import session from 'express-session';
import { createClient } from 'redis';

const { STORE, SESSIONS_URL, REDIS_PORT } = process.env;

async function connectRedis() {
  const client = createClient({ socket: { host: '127.0.0.1', port: Number(REDIS_PORT) } });
  await client.connect();
  return new RedisStore({ client });
}

async function ours() {
  const { RestSessionStore } = await import('../../../packages/client/dist/express/index.js');
  return new RestSessionStore({ url: SESSIONS_URL, app: 'bench', timeout: 20_000 });
}

const store = await (STORE === 'ours' ? ours() : connectRedis());
const app = express();
app.disable('etag');
app.use(session({ store, secret: 'bench', resave: false, saveUninitialized: false }));

app.post('/login', express.json(), (request, response) => {
  Object.assign(request.session, request.body);
  response.end();
});
app.get('/view', (request, response) => response.json({ name: request.session.name }));
let changes = 0;
app.get('/change', (request, response) => {
  request.session.visits = ++changes;
  response.json({ name: request.session.name });
});
// Twenty of these at once are what the cart of a shop gets from an impatient user.
app.get('/cart/:item', (request, response) => {
  request.session[`item:${request.params.item}`] = 1;
  response.json({ name: request.session.name });
});
app.get('/items', (request, response) => {
  response.json({ items: Object.keys(request.session).filter((key) => key.startsWith('item:')).length });
});

const server = app.listen(0, '127.0.0.1', () => console.log(`listens on http://127.0.0.1:${server.address().port}`));
