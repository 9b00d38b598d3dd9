// The page in JavaScript (Node). It shares one login session with the pages in the other languages; see README.md.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';

const { PORT, SESSIONS_URL, SESSIONS_KEY, PLAIN_HTTP } = process.env;
const ATTRIBUTES = `; HttpOnly; SameSite=Lax; Path=/${PLAIN_HTTP ? '' : '; Secure'}`;
const CLEARED = `session=; Max-Age=0${ATTRIBUTES}`;
const [LOGIN, HOME] = ['login', 'home'].map((name) => readFileSync(`${import.meta.dirname}/${name}.html`, 'utf8'));
const fill = (page, words) => page.replace(/\{(\w+)\}/g, (_, word) => words[word]);
const html = (word) => word.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
const list = (lines) => lines.map((line) => `<li>${html(line)}`).join('');

/** There is no such session any more. All other faults say nothing about the session. */
class LoggedOut extends Error {}
async function call(method, path, mine = {}, body = undefined, type = 'application/json') {
  const headers = { 'Content-Type': type, ...mine, ...(SESSIONS_KEY && { Authorization: `Bearer ${SESSIONS_KEY}` }) };
  const asked = { method, headers, body: body && JSON.stringify(body), signal: AbortSignal.timeout(2000) };
  const answer = await fetch(`${SESSIONS_URL}/v1/apps/shop${path}`, asked);
  const json = await answer.json();
  if (answer.ok) return json;
  throw json.code === 'session_not_found' ? new LoggedOut() : new Error(`${answer.status} ${json.detail}`);
}

async function respond({ method, url, headers, socket }, form) {
  const action = method === 'POST' && url;
  if (action === '/login' && form.get('user')) {
    const userAgent = (headers['user-agent'] || 'unknown').slice(0, 512);
    const login = { subject: form.get('user'), ip: socket.remoteAddress, userAgent }; // the place to check a password
    const { token } = await call('POST', '/sessions', {}, login);
    return [303, { Location: '/', 'Set-Cookie': `session=${token}${ATTRIBUTES}` }];
  }
  const mine = { 'Session-Token': /(?:^|;) *session=([A-Za-z0-9]+)/.exec(headers.cookie)?.[1] };
  if (!mine['Session-Token']) return [200, {}, fill(LOGIN, { message: 'Please log in.' })];
  if (action === '/add' && form.get('item')) {
    const patch = { cart: { [form.get('item')]: 'Node' } }; // a merge patch: what other pages add meanwhile stays
    await call('PATCH', '/session', mine, patch, 'application/merge-patch+json');
    return [303, { Location: '/' }];
  }
  const { subject, data } = await call('GET', '/session?touch=true', mine);
  const everywhere = `/subjects/${encodeURIComponent(subject)}/sessions`;
  if (action === '/logout-everywhere') {
    await call('DELETE', everywhere);
    return [303, { Location: '/', 'Set-Cookie': CLEARED }];
  }
  const cart = list(Object.entries(data.cart ?? {}).map(([item, page]) => `${item} (${page})`));
  const devices = list((await call('GET', everywhere)).sessions.map(({ userAgent, ip }) => `${userAgent}, ${ip}`));
  return [200, {}, fill(HOME, { language: 'Node', user: html(subject), cart, devices })];
}
function refuse(fault) {
  if (fault instanceof LoggedOut) return [403, { 'Set-Cookie': CLEARED }, fill(LOGIN, { message: 'Logged out.' })];
  console.error(fault); // the cookie stays: nobody knows whether there is a session
  return [503, { 'Retry-After': '5' }, 'Please try again in a moment.'];
}
createServer(async (request, response) => {
  const form = text(request).then((body) => new URLSearchParams(body));
  const [status, headers, page] = await form.then((form) => respond(request, form)).catch(refuse);
  response.writeHead(status, { 'Content-Type': 'text/html; charset=utf-8', 'Cache-Control': 'no-store', ...headers });
  response.end(page);
}).listen(Number(PORT), '127.0.0.1');
