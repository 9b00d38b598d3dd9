/** A small application of Express with a login by Passport, on whatever store. */
// biome-ignore-all lint/suspicious/noExplicitAny: requests and answers of frameworks whose types are not installed where types are checked
import { listening } from '../../../../client/test/support.ts';
import type { Cleanup } from '../../support/server.ts';
import { loaded } from './packages.ts';

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
