/** Applications as their authors write them, in strict TypeScript and without a cast. They are compiled, and not run. */
import fastifyCookie from '@fastify/cookie';
import fastifySession from '@fastify/session';
import express from 'express';
import session from 'express-session';
import Fastify from 'fastify';
import { Hono } from 'hono';
import Koa from 'koa';
import { createSession } from 'koa-session';
import { data, type Session, type SessionStorage } from 'react-router';
import { SessionClient, SessionNotFoundError } from 'rest-sessions-client';
import { RestSessionStore, rawCookie } from 'rest-sessions-client/express';
import { type PageSession, type RestSessionsEnv, restSessions } from 'rest-sessions-client/hono';
import { RestKoaSessionStore } from 'rest-sessions-client/koa';
import { createRestSessionStorage } from 'rest-sessions-client/react-router';

declare module 'express-session' {
  interface SessionData {
    user?: string;
    cart: Record<string, number>;
  }
}

declare module 'fastify' {
  interface Session {
    user?: string;
  }
}

const options = { url: 'http://127.0.0.1:3000', app: 'shop', key: process.env.SESSIONS_KEY };

// Express
const store = new RestSessionStore({ ...options, subject: ({ user }) => user });
const asExpressStore: session.Store = store;
const app = express();
app.use(rawCookie({ secret: ['new', 'old'] }));
app.use(session({ store, secret: 'change me', resave: false, saveUninitialized: false }));
app.get('/', async (request, response) => {
  request.session.cart = { lamp: 1 };
  const ids: string[] = await store.ids(request.session.user);
  response.json({ ids, devices: await store.client.listSubject('ann') });
});
store.get('token', (_error, found) => found?.cookie);
asExpressStore.all?.((_error, all) => all);

// Fastify
const fastify = Fastify();
fastify.register(fastifyCookie);
fastify.register(fastifySession, { store, secret: 's'.repeat(32), cookie: { secure: false } });
const asFastifyStore: fastifySession.SessionStore = store;
fastify.get('/', async (request) => ({ user: request.session.user }));

// Koa
const koa = new Koa();
koa.use(
  createSession(
    {
      store: new RestKoaSessionStore({ ...options, subject: ({ user }) => user }),
      key: 'session',
      signed: false,
    },
    koa,
  ),
);

// Hono
const hono = new Hono<RestSessionsEnv>();
hono.use(restSessions({ ...options, device: (c) => ({ ip: c.req.header('X-Real-IP') }) }));
hono.get('/', async (c) => {
  const page: PageSession = c.get('session');
  await page.login('ann', { label: 'laptop' });
  return c.json({ subject: c.var.session.subject });
});
const wider = new Hono<RestSessionsEnv & { Bindings: { KEY: string } }>();
wider.use('*', restSessions(options));

// React Router
interface Kept {
  user: string;
  cart: Record<string, number>;
}
interface Flashed {
  error: string;
}
const plain: SessionStorage = createRestSessionStorage(options);
const typed: SessionStorage<Kept, Flashed> = createRestSessionStorage<Kept, Flashed>(options);
const { getSession, commitSession, destroySession } = createRestSessionStorage<Kept, Flashed>(options);
export async function loader({ request }: { request: Request }) {
  const found = await getSession(request.headers.get('Cookie'));
  const asSession: Session<Kept, Flashed> = found;
  const user: string | undefined = asSession.get('user');
  found.set('cart', { lamp: 1 });
  found.flash('error', 'no such lamp');
  await found.login('ann');
  const cookie = user === undefined ? await destroySession(found) : await commitSession(found, { maxAge: 60 });
  return data({ error: found.get('error') }, { headers: { 'Set-Cookie': cookie } });
}

// Alone
const sessions = new SessionClient<Kept>(options);
export async function subjectOf(token: string | undefined): Promise<string | null> {
  const found = await sessions.get(token).catch((error: unknown) => {
    if (error instanceof SessionNotFoundError) return null;
    throw error;
  });
  return found?.data.user ?? null;
}

export { asFastifyStore, plain, typed };
