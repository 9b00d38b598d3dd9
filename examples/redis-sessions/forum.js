// A forum of the days of callbacks. It kept its sessions with redis-sessions 3, on the Redis that REDIS_PORT names, and was moved by the
// line that names the package. SESSIONS_URL says where the server is: SESSIONS_URL=http://127.0.0.1:3000 node forum.js
const http = require('node:http');
const RedisSessions = require('rest-sessions-client/redis-sessions');

const sessions = new RedisSessions({
  host: '127.0.0.1',
  port: Number(process.env.REDIS_PORT || 6379),
  namespace: 'rs',
});
const APP = 'forum';

const tokenOf = (request) => (/(?:^|; )token=([A-Za-z0-9]{64})/.exec(request.headers.cookie || '') || [])[1];
const escaped = (text) => String(text).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);

function page(response, status, lines, headers) {
  response.writeHead(status, { 'Content-Type': 'text/html; charset=utf-8', ...headers });
  response.end(`<!doctype html><title>Forum</title>${lines.map((line) => `<p>${line}</p>`).join('')}`);
}

const cookie = (value, rest = '') => ({ 'Set-Cookie': `token=${value}; Path=/; HttpOnly; SameSite=Lax${rest}` });
const noCookie = () => cookie('', '; Max-Age=0');

/** Gives the session of a request to `found`, or shows the login. */
function visit(request, response, found) {
  const token = tokenOf(request);
  if (!token) return page(response, 200, ['Log in']);
  sessions.get({ app: APP, token }, (error, session) => {
    if (error) return page(response, 503, ['Come back in a moment']);
    if (!session.id) return page(response, 200, ['Log in'], noCookie());
    found(session, token);
  });
}

const PAGES = {
  'GET /': (request, response) =>
    visit(request, response, (session) => {
      sessions.activity({ app: APP, dt: 600 }, (error, { activity } = {}) => {
        const seen = session.d ? session.d.posts : 0;
        page(response, 200, [
          `Hello ${escaped(session.id)}`,
          `${seen} posts`,
          error ? 'nobody knows' : `${activity} online`,
        ]);
      });
    }),

  'POST /login': (_request, response, form) => {
    const d = { posts: 0 };
    sessions.create({ app: APP, id: form.get('user'), ip: '127.0.0.1', ttl: 3600, d }, (error, created) => {
      if (error) return page(response, 400, [escaped(`${error.name}: ${error.message}`)]);
      page(response, 303, [], { Location: '/', ...cookie(created.token) });
    });
  },

  'POST /post': (request, response) =>
    visit(request, response, (session, token) => {
      sessions.set({ app: APP, token, d: { posts: session.d.posts + 1 } }, () =>
        page(response, 303, [], { Location: '/' }),
      );
    }),

  'GET /devices': (request, response) =>
    visit(request, response, (session) => {
      sessions.soid({ app: APP, id: session.id }, (_error, { sessions: devices }) => {
        page(response, 200, devices.map(({ ip, r, w }) => escaped(`${ip}: read ${r}, written ${w}`)).sort());
      });
    }),

  'POST /logout': (request, response) =>
    visit(request, response, (_session, token) => {
      sessions.kill({ app: APP, token }, (_error, { kill }) => page(response, 200, [`${kill} ended`], noCookie()));
    }),

  'POST /logout-everywhere': (request, response) =>
    visit(request, response, (session) => {
      sessions.killsoid({ app: APP, id: session.id }, (_error, { kill }) =>
        page(response, 200, [`${kill} ended`], noCookie()),
      );
    }),
};

const server = http.createServer((request, response) => {
  const handle = PAGES[`${request.method} ${request.url}`];
  if (!handle) return page(response, 404, ['There is no such page']);
  let body = '';
  request.on('data', (chunk) => {
    body += chunk;
  });
  request.on('end', () => handle(request, response, new URLSearchParams(body)));
});
server.listen(Number(process.env.PORT || 8080), '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}`);
});
