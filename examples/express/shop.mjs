// A shop with a login, a cart, a list of devices and "log out everywhere", on express-session and REST-Sessions.
//   SESSIONS_URL=http://127.0.0.1:3000 PORT=8080 node shop.mjs
import express from 'express';
import session from 'express-session';
import { RestSessionStore, rawCookie } from 'rest-sessions-client/express';

const {
  SESSIONS_URL = 'http://127.0.0.1:3000',
  SESSIONS_KEY,
  PORT = '8080',
  SECRET = 'only for this example',
} = process.env;
// Over HTTPS it is `__Host-session`, with `secure: true`.
const name = 'session';
const ITEM = 'item:';
const store = new RestSessionStore({
  url: SESSIONS_URL,
  key: SESSIONS_KEY,
  app: 'express-shop',
  subject: ({ user }) => user,
});

const shop = express();
shop.use(express.urlencoded({ extended: false }));
shop.use(rawCookie({ name, secret: SECRET }));
shop.use(
  session({ store, name, secret: SECRET, resave: false, saveUninitialized: false, cookie: { sameSite: 'lax' } }),
);

shop.get('/', async (req, res) => {
  const { user } = req.session;
  const devices = user === undefined ? [] : (await store.client.listSubject(user)).sessions;
  res.send(page(user, cartOf(req.session), devices));
});

// A new token at the login: whoever planted the guest's has nothing. The cart goes along.
shop.post('/login', (req, res, next) => {
  const cart = cartOf(req.session);
  req.session.regenerate((error) => {
    if (error) return next(error);
    Object.assign(req.session, cart, { user: req.body.user });
    res.redirect(303, '/');
  });
});

// Each item is a key of its own: of two pages that put different items into the cart at once, none loses its item.
shop.post('/cart', (req, res) => {
  const key = ITEM + req.body.item;
  req.session[key] = (req.session[key] ?? 0) + 1;
  res.redirect(303, '/');
});

shop.post('/logout', (req, res, next) => {
  req.session.destroy((error) => (error ? next(error) : res.clearCookie(name).redirect(303, '/')));
});

shop.post('/logout-everywhere', async (req, res) => {
  if (req.session.user !== undefined) await store.destroySubject(req.session.user);
  req.session = null;
  res.clearCookie(name).redirect(303, '/');
});

// A lost session server is not a log out: an error page, and the cookie stays.
shop.use((error, _req, res, _next) => {
  res.status(503).send(`<h1>Please try again in a moment</h1><p>${escaped(error.code ?? 'error')}</p>`);
});

const server = shop.listen(Number(PORT), '127.0.0.1', () => {
  console.log(`the shop is at http://127.0.0.1:${server.address().port}`);
});

function cartOf(kept) {
  return Object.fromEntries(Object.entries(kept).filter(([key]) => key.startsWith(ITEM)));
}

function page(user, cart, devices) {
  const items = Object.entries(cart).map(([item, count]) => `<li>${escaped(item.slice(ITEM.length))}: ${count}</li>`);
  const list = devices.map(
    ({ userAgent, lastSeenAt }) => `<li>${escaped(userAgent ?? 'a browser')}, last seen ${lastSeenAt}</li>`,
  );
  const form = (action, button, field = '') =>
    `<form method="post" action="${action}">${field}<button>${button}</button></form>`;
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>Shop</title><main><h1>Shop</h1>
    <h2>Cart</h2><ul>${items.join('')}</ul>
    ${form('/cart', 'Add', '<label>Item <input name="item" required></label> ')}
    ${
      user === undefined
        ? form('/login', 'Log in', '<label>Name <input name="user" required></label> ')
        : `<h2>Devices of ${escaped(user)}</h2><ul>${list.join('')}</ul>${form('/logout', 'Log out')}${form('/logout-everywhere', 'Log out everywhere')}`
    }</main></html>`;
}

function escaped(text) {
  return String(text).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
