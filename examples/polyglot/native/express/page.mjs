// The page on req.session of express-session.
import { readFileSync } from 'node:fs';
import express from 'express';
import session from 'express-session';
import { RestSessionStore, rawCookie } from 'rest-sessions-client/express';

const name = 'session';
const secret = 'only for this example';
const store = new RestSessionStore({ url: process.env.SESSIONS_URL, app: 'shop', subject: ({ user }) => user });

const app = express();
app.use(express.urlencoded({ extended: false }));
// The browser has the token itself, as on the pages of the other stacks, and not one that is signed.
app.use(rawCookie({ name, secret }));
app.use(session({ store, name, secret, resave: false, saveUninitialized: false, cookie: { sameSite: 'lax' } }));

app.get('/', ({ session }, response) => {
  if (session.user === undefined) return show(response, 'login');
  const items = Object.entries(session).filter(([key]) => key.startsWith('item:'));
  const cart = items.map(([key, page]) => `<li data-page="${page}">${escaped(key.slice(5))}</li>`).join('');
  show(response, 'home', { user: escaped(session.user), cart });
});

app.post('/login', (request, response, next) => {
  const cart = Object.entries(request.session).filter(([key]) => key.startsWith('item:'));
  request.session.regenerate((error) => {
    if (error) return next(error);
    Object.assign(request.session, Object.fromEntries(cart), { user: request.body.user }); // the place to check a password
    response.redirect(303, './');
  });
});

app.post('/add', ({ session, body }, response) => {
  if (session.user !== undefined) session[`item:${body.item}`] = 'Express';
  response.redirect(303, './');
});

app.post('/logout-everywhere', async (request, response) => {
  if (request.session.user !== undefined) await store.destroySubject(request.session.user);
  request.session = null;
  response.clearCookie(name).redirect(303, './');
});

function show(response, template, parts = {}) {
  const text = readFileSync(new URL(`../${template}.html`, import.meta.url), 'utf8');
  const filled = text.replaceAll(/\{(\w+)\}/g, (_, part) => ({ page: 'Express', ...parts })[part]);
  response.set('Cache-Control', 'no-store').send(filled);
}

function escaped(text) {
  return String(text).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

app.listen(Number(process.env.PORT), '127.0.0.1');
