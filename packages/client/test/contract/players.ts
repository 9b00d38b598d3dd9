/**
 * Applications of each framework that do what a vector of adapters/contract says, and tell how the page ended. Each is as an author would
 * write it: nothing here reaches into a store.
 */
// biome-ignore-all lint/suspicious/noExplicitAny: requests and answers of frameworks whose types are not installed where types are checked
import { createHmac } from 'node:crypto';
import type { Cleanup } from '../../../server/test/support/server.ts';
import { RestSessionStore } from '../../src/express/index.ts';
import { restSessions } from '../../src/hono/index.ts';
import { RestKoaSessionStore } from '../../src/koa/index.ts';
import { createNextSessions, type JarCookie } from '../../src/next/index.ts';
import { createRestSessionStorage } from '../../src/react-router/index.ts';
import { framework, frameworkModule, signed } from '../frameworks.ts';
import { listening } from '../support.ts';

/** What a page may do with its session. */
export interface Deeds {
  see(key: string): unknown;
  set(key: string, value: unknown): void;
  unset(key: string): void;
  /** As the framework does it: a new id, and the data goes along. */
  login(subject: string): Promise<void> | void;
  logout(): Promise<void> | void;
}

export interface Outcome {
  /** Absence: null when it ended well. */
  readonly error: any;
  readonly setCookie: readonly string[];
}

export interface Player {
  /** Asks for a page with a token as it is in the cookie of the framework. Absence: without a cookie. */
  visit(token: string | undefined, page: (deeds: Deeds) => Promise<void>): Promise<Outcome>;
  /** Gives the token of a `Set-Cookie` text. Absence: undefined where it takes the cookie away. */
  tokenIn(setCookie: string): string | undefined;
}

export interface Target {
  readonly url: string;
  readonly app: string;
}

const SECRET = 's'.repeat(32);
/** A framework's own key, which vectors do not compare. */
const subject = ({ _user }: Record<string, any>) => _user ?? null;

function valueIn(setCookie: string): string | undefined {
  if (/Max-Age=0|Expires=Thu, 01 Jan 1970/i.test(setCookie)) return undefined;
  return decodeURIComponent(/^[^=]*=([^;]*)/.exec(setCookie)![1]!);
}

const rawToken = (setCookie: string) => valueIn(setCookie) || undefined;
const signedToken = (setCookie: string) => /^(?:s:)?([^.]*)/.exec(valueIn(setCookie) ?? '')?.[1] || undefined;

/** Tells of a page over HTTP. The bytes of a cookie travel as they are. */
async function asked(url: string, cookie: string | undefined): Promise<string[]> {
  const headers: Record<string, string> =
    cookie === undefined ? {} : { Cookie: Buffer.from(cookie).toString('latin1') };
  const response = await fetch(url, { headers });
  await response.text();
  return response.headers.getSetCookie();
}

/** A page that a request waits for, and what has gone wrong in it. */
class Stage {
  page: (deeds: Deeds) => Promise<void> = async () => {};
  error: any = null;

  async play(visit: () => Promise<readonly string[]>, page: (deeds: Deeds) => Promise<void>): Promise<Outcome> {
    this.page = page;
    this.error = null;
    const setCookie = await visit();
    return { error: this.error, setCookie };
  }

  fail = (error: unknown) => {
    this.error ??= error;
  };
}

function deedsOn(session: () => any, rest: Pick<Deeds, 'login' | 'logout'>): Deeds {
  return {
    see: (key) => session()[key],
    set: (key, value) => {
      session()[key] = value;
    },
    unset: (key) => {
      delete session()[key];
    },
    ...rest,
  };
}

const called = (work: (done: (error: any) => void) => void) =>
  new Promise<void>((resolve, reject) => work((error) => (error ? reject(error) : resolve())));

export const PLAYERS: Record<string, (cleanup: Cleanup, target: Target) => Promise<Player>> = {
  async express(cleanup, target) {
    const [express, session] = [await framework('express'), await framework('express-session')];
    const stage = new Stage();
    const shop = express();
    const store = new RestSessionStore({ ...target, subject });
    shop.use(session({ store, secret: SECRET, resave: false, saveUninitialized: false }));
    let over: Promise<void> = Promise.resolve();
    shop.use(async (req: any, res: any) => {
      // express-session tells of a save that failed in the turn after the answer.
      over = new Promise((resolve) => res.once('finish', () => setImmediate(resolve)));
      // A session that was not there before has a new id already.
      const isNew = Object.keys(req.session).length === 1 && req.headers.cookie === undefined;
      const login = async (user: string) => {
        const { cookie: _, ...kept } = req.session;
        if (!isNew) await called((done) => req.session.regenerate(done));
        Object.assign(req.session, kept, { _user: user });
      };
      await stage.page(
        deedsOn(() => req.session, { login, logout: () => called((done) => req.session.destroy(done)) }),
      );
      res.end();
    });
    shop.use((error: any, _req: any, res: any, _next: any) => {
      stage.fail(error);
      if (!res.headersSent) res.status(500).end();
    });
    const url = await listening(cleanup, shop);
    const cookie = (token?: string) => (token === undefined ? undefined : `connect.sid=${signed(SECRET, token)}`);
    const visit = async (token?: string) => {
      const setCookie = await asked(url, cookie(token));
      await over;
      return setCookie;
    };
    return { visit: (token, page) => stage.play(() => visit(token), page), tokenIn: signedToken };
  },

  async fastify(cleanup, target) {
    const fastify = (await framework('fastify'))();
    await fastify.register(await framework('@fastify/cookie'));
    const stage = new Stage();
    const options = { cookie: { secure: false }, rolling: false, saveUninitialized: false };
    const store = new RestSessionStore({ ...target, subject });
    await fastify.register(await framework('@fastify/session'), { store, secret: SECRET, ...options });
    fastify.setErrorHandler((error: any, _request: any, reply: any) => {
      stage.fail(error);
      reply.status(500).send();
    });
    fastify.get('/', async (request: any, reply: any) => {
      const isNew = request.headers.cookie === undefined;
      const login = async (user: string) => {
        request.session._user = user;
        if (!isNew) await request.session.regenerate(Object.keys(request.session).filter((key) => key !== 'cookie'));
      };
      await stage.page(deedsOn(() => request.session, { login, logout: () => request.session.destroy() }));
      return reply.send('');
    });
    cleanup.after(() => fastify.close());
    const url = await fastify.listen({ host: '127.0.0.1', port: 0 });
    const signature = (token: string) => createHmac('sha256', SECRET).update(token).digest('base64').replace(/=+$/, '');
    const cookie = (token?: string) =>
      token === undefined ? undefined : `sessionId=${encodeURIComponent(`${token}.${signature(token)}`)}`;
    return { visit: (token, page) => stage.play(() => asked(url, cookie(token)), page), tokenIn: signedToken };
  },

  async koa(cleanup, target) {
    const [Koa, session] = [await framework('koa'), await framework('koa-session')];
    const stage = new Stage();
    const shop = new Koa();
    shop.silent = true;
    shop.on('error', stage.fail);
    const store = new RestKoaSessionStore(target);
    shop.use((session.createSession ?? session)({ store, key: 'session', signed: false }, shop));
    shop.use(async (ctx: any) => {
      const login = () => (ctx.session.isNew ? undefined : ctx.session.regenerate());
      const logout = () => {
        ctx.session = null;
      };
      await stage.page(deedsOn(() => ctx.session, { login, logout }));
      ctx.body = '';
    });
    const url = await listening(cleanup, shop.callback());
    const cookie = (token?: string) => (token === undefined ? undefined : `session=${token}`);
    return { visit: (token, page) => stage.play(() => asked(url, cookie(token)), page), tokenIn: rawToken };
  },

  async hono(_cleanup, target) {
    const { Hono } = await frameworkModule('hono');
    const stage = new Stage();
    const shop = new Hono();
    shop.use(restSessions(target) as any);
    shop.get('/', async (c: any) => {
      const session = c.get('session');
      const rest = { login: (user: string) => session.login(user), logout: () => session.logout() };
      await stage.page(deedsOn(() => session.data, rest));
      return c.text('');
    });
    shop.onError((error: any, c: any) => {
      stage.fail(error);
      return c.text('', 500);
    });
    return {
      visit: (token, page) =>
        stage.play(async () => {
          const response = await shop.request('https://shop.example/', { headers: cookieHeader(token) });
          return response.headers.getSetCookie();
        }, page),
      tokenIn: rawToken,
    };
  },

  async 'react-router'(_cleanup, target) {
    const { getSession, commitSession, destroySession } = createRestSessionStorage(target);
    return {
      async visit(token, page) {
        const setCookie: string[] = [];
        try {
          const session = await getSession(new Headers(cookieHeader(token)).get('Cookie'));
          const before = JSON.stringify(session.data);
          let isEnded = false;
          let hasNew = false;
          await page({
            see: (key) => session.get(key),
            set: (key, value) => session.set(key, value),
            unset: (key) => session.unset(key),
            login: async (user) => {
              await session.login(user);
              hasNew = true;
            },
            logout: async () => {
              isEnded = true;
              setCookie.push(await destroySession(session));
            },
          });
          // Authors commit what they changed.
          if (!isEnded && (hasNew || JSON.stringify(session.data) !== before)) {
            const isSent = token !== undefined && session.id !== '';
            const text = await commitSession(session);
            if (hasNew || !isSent || rawToken(text) !== token) setCookie.push(text);
          }
          return { error: null, setCookie };
        } catch (error) {
          return { error, setCookie };
        }
      },
      tokenIn: rawToken,
    };
  },

  async next(_cleanup, target) {
    let jar = { get: (_name: string): { value: string } | undefined => undefined, set: (_cookie: JarCookie) => {} };
    const { getSession } = createNextSessions({ ...target, cookies: () => jar });
    return {
      async visit(token, page) {
        const set: JarCookie[] = [];
        const value = token === undefined ? undefined : { value: token };
        jar = {
          get: (name) => (name === '__Host-session' ? value : undefined),
          set: (cookie) => void set.push(cookie),
        };
        const texts = () =>
          set.map((cookie) => `${cookie.name}=${cookie.value}${cookie.maxAge === 0 ? '; Max-Age=0' : ''}`);
        try {
          const session = await getSession();
          const rest = { login: (user: string) => session.login(user), logout: () => session.logout() };
          await page(deedsOn(() => session.data, rest));
          await session.save();
          return { error: null, setCookie: texts() };
        } catch (error) {
          return { error, setCookie: texts() };
        }
      },
      tokenIn: rawToken,
    };
  },
};

function cookieHeader(token: string | undefined): Record<string, string> {
  return token === undefined ? {} : { Cookie: `__Host-session=${Buffer.from(token).toString('latin1')}` };
}
