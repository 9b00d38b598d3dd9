/** A small application of Express with a login by Passport, on whatever store. */
// biome-ignore-all lint/suspicious/noExplicitAny: requests and answers of frameworks whose types are not installed where types are checked
import { Redis } from 'ioredis';
import { listening } from '../../../../client/test/support.ts';
import type { RedisServer } from '../../support/redis.ts';
import type { Cleanup } from '../../support/server.ts';
import { loaded, redisStore, type VERSIONS } from './packages.ts';

/** Starts it. `options`: of express-session. Gives its URL. */
export function startShop(cleanup: Cleanup, store: unknown, options: object = {}): Promise<string> {
  const [express, session, passport] = [loaded('express'), loaded('express-session'), loaded('passport')];
  const guard = new passport.Passport();
  guard.serializeUser((user: { id: unknown }, done: any) => done(null, user.id));
  guard.deserializeUser((id: unknown, done: any) => done(null, { id }));
  const shop = express();
  shop.use(session({ store, secret: 'a secret', resave: false, saveUninitialized: false, ...options }));
  shop.use(guard.session());
  shop.get('/login/:user', (req: any, res: any, next: any) =>
    req.logIn({ id: req.params.user }, (error: unknown) => (error ? next(error) : res.json({}))),
  );
  shop.get('/keep', (req: any, res: any) => {
    Object.assign(req.session, JSON.parse(req.query.values));
    res.json({});
  });
  shop.get('/remember/:ms', (req: any, res: any) => {
    req.session.cookie.maxAge = Number(req.params.ms);
    req.session.isRemembered = true;
    res.json({});
  });
  shop.get('/view', (req: any, res: any) => {
    const { cookie, ...values } = req.session;
    res.json({ user: req.user?.id ?? null, values, maxAge: cookie.originalMaxAge });
  });
  shop.get('/logout', (req: any, res: any, next: any) =>
    req.logOut((error: unknown) => (error ? next(error) : res.json({}))),
  );
  return listening(cleanup, shop);
}

type Version = (typeof VERSIONS)[number];

/** Old applications, each with a database of its own in one Redis. */
export function oldShops(redis: () => RedisServer) {
  let databases = 0;

  async function database(cleanup: Cleanup, version: Version) {
    const url = `redis://127.0.0.1:${redis().port}/${databases++}`;
    const admin = new Redis(url);
    cleanup.after(() => admin.disconnect());
    // From 9 on connect-redis takes the client of `redis` alone.
    if (version < 9) return { url, admin, client: admin };
    const client = loaded('redis').createClient({ url });
    await client.connect();
    cleanup.after(() => client.destroy());
    return { url, admin, client };
  }

  /** Starts one with a store of connect-redis. `store`, `options`: of that, and of express-session. */
  async function oldShop(cleanup: Cleanup, version: Version = 9, store: object = {}, options: object = {}) {
    const { url, admin, client } = await database(cleanup, version);
    const Store = redisStore(version);
    const shop = await startShop(cleanup, new Store({ client, ...store }), options);
    return { shop, from: `connect-redis:${url}`, admin };
  }

  return { oldShop };
}

/** What an import is called with. */
export function words(from: string, ...more: string[]): string[] {
  return ['--from', from, '--app', 'shop', '--keep-tokens', ...more];
}
