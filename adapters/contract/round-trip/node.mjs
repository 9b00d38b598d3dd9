// Express and Hono in the test of round trips: README.md has the orders. Each line on the standard input is one.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { inspect } from 'node:util';
import { RestSessionStore, rawCookie } from 'rest-sessions-client/express';
import { restSessions } from 'rest-sessions-client/hono';

const frameworks = createRequire(new URL('../../../packages/client/test/frameworks/package.json', import.meta.url));
const framework = async (name) => import(pathToFileURL(frameworks.resolve(name)).href);
const { default: express } = await framework('express');
const { default: session } = await framework('express-session');
const { Hono } = await framework('hono');

const VALUES = {
  'whole float': 1.0,
  'whole number': 1,
  'negative zero': -0,
  'empty list': [],
  'empty map': {},
  'empty in a nest': { a: [], b: {}, c: [{}] },
  'order of members': { z: 1, a: 2 },
  null: null,
  'astral text': '\u{1f600} a\u0308 \0 \u2028',
  'half of a character': '\ud800',
  bytes: Uint8Array.of(0, 1, 0x7f, 0xff),
  instant: new Date('2026-11-28T12:34:56Z'),
};

/** `kept`: the object whose members are the session's keys. */
function obey(kept, { do: what, names, key }) {
  if (what === 'write') for (const name of names) kept[name] = VALUES[name];
  if (what === 'add') {
    JSON.stringify(kept);
    kept[key] = 1;
  }
  if (what === 'copy') kept.copy = [kept[key]];
  if (what !== 'check') return {};
  const shown = names.map((name) => [name, name in kept ? inspect(kept[name]) : 'absent']);
  return Object.fromEntries(shown.filter(([name, text]) => text !== inspect(VALUES[name])));
}

async function visitExpress(order) {
  const app = express();
  const options = { name: 'session', secret: 'not a secret' };
  const store = new RestSessionStore({ url: order.url, app: order.app });
  let failure;
  app.use(rawCookie(options));
  app.use(session({ ...options, store, resave: false, saveUninitialized: false }));
  app.get('/', (request, response, next) => {
    const faults = obey(request.session, order);
    // express-session itself saves when the answer is on its way, and can then only log what failed.
    request.session.save((error) => (error ? next(error) : response.json(faults)));
  });
  app.use((error, _request, response, _next) => {
    failure = error;
    response.status(500).json({});
  });
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const headers = order.token === null ? {} : { Cookie: `session=${order.token}` };
    const answer = await fetch(`http://127.0.0.1:${server.address().port}/`, { headers });
    const faults = await answer.json();
    if (failure !== undefined) throw failure;
    return { token: tokenIn(answer) ?? order.token, faults };
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

async function visitHono(order) {
  const app = new Hono();
  app.use(restSessions({ url: order.url, app: order.app }));
  app.get('/', (c) => c.json(obey(c.get('session').data, order)));
  app.onError((error) => {
    throw error;
  });
  const headers = order.token === null ? {} : { Cookie: `session=${order.token}` };
  const answer = await app.request('http://shop.example/', { headers });
  return { token: tokenIn(answer) ?? order.token, faults: await answer.json() };
}

function tokenIn(answer) {
  return /^session=([^;]+)/.exec(answer.headers.getSetCookie()[0] ?? '')?.[1];
}

const VISITS = { Express: visitExpress, Hono: visitHono };

for await (const line of createInterface({ input: process.stdin })) {
  const order = JSON.parse(line);
  const answer = await VISITS[order.framework](order).catch((error) => ({ error: `${error.name}: ${error.message}` }));
  console.log(JSON.stringify(answer));
}
process.exit();
