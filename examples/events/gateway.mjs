// A page with a WebSocket that lives exactly as long as the session of its visitor: whoever ends that, wherever, ends the connection.
//   SESSIONS=http://127.0.0.1:3000 PORT=8080 node gateway.mjs
import { createServer } from 'node:http';
import { SessionClient } from 'rest-sessions-client';
import { accept, closeSocket, sendText } from './websocket.mjs';

const { SESSIONS = 'http://127.0.0.1:3000', SESSIONS_KEY, APP = 'shop', PORT = '8080' } = process.env;
const SESSION_ENDED = 4401;
/** How long an end is remembered for a visitor who connects at that very moment. Units: milliseconds. */
const REMEMBERED = 60_000;
const sessions = new SessionClient({ url: SESSIONS, key: SESSIONS_KEY, app: APP });
/** The open connections of each session, by its id, with the token that each came with. */
const open = new Map();
/** Sessions that ended lately. */
const ended = new Set();

function drop(id, reason) {
  ended.add(id);
  setTimeout(() => ended.delete(id), REMEMBERED).unref();
  for (const socket of open.get(id)?.keys() ?? []) closeSocket(socket, SESSION_ENDED, reason);
}

/** After events were lost nobody knows which sessions have ended: they are asked for. */
async function askAnew() {
  for (const [id, sockets] of open)
    for (const token of sockets.values()) if ((await sessions.find(token)) === null) drop(id, 'ended');
}

async function hear(after) {
  const onLost = (error) => console.error(`not heard: ${error.message}`);
  for await (const event of sessions.events({ after, types: ['session.ended'], onLost })) {
    if (event.type === 'resync') await askAnew();
    else drop(event.data.session, event.data.reason);
  }
}

const tokenOf = ({ headers }) => /(?:^|; *)session=([^;]*)/.exec(headers.cookie ?? '')?.[1] ?? '';

const PAGE = `<!doctype html><meta charset="utf-8"><title>Gateway</title><p id="state">connecting</p>
<form method="post" action="/login"><input name="user"><button>Log in</button></form>
<script>
  const state = document.getElementById('state');
  const socket = new WebSocket('ws://' + location.host + '/socket');
  socket.onmessage = ({ data }) => { state.textContent = 'connected as ' + data; };
  socket.onclose = ({ code, reason }) => { state.textContent = 'closed ' + code + ' ' + reason; };
</script>`;

/** Your own login checks a password before it comes here. */
async function logIn(request, response) {
  let form = '';
  for await (const chunk of request) form += chunk;
  const { token } = await sessions.create({ subject: new URLSearchParams(form).get('user') });
  const cookie = `session=${token}; Path=/; HttpOnly; SameSite=Lax`;
  response.writeHead(303, { Location: '/', 'Set-Cookie': cookie }).end();
}

const server = createServer((request, response) => {
  if (request.method !== 'POST') return response.setHeader('Content-Type', 'text/html').end(PAGE);
  logIn(request, response).catch((error) => response.writeHead(503).end(error.code));
});

server.on('upgrade', async (request, socket) => {
  socket.on('error', () => socket.destroy());
  // A page of another site could open a connection with the visitor's cookie.
  if (request.headers.origin !== `http://${request.headers.host}`) return socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
  const token = tokenOf(request);
  let session;
  try {
    session = await sessions.find(token);
  } catch {
    return socket.end('HTTP/1.1 503 Service Unavailable\r\n\r\n');
  }
  accept(request, socket);
  if (session === null) return closeSocket(socket, SESSION_ENDED, 'log in first');
  const { id, subject } = session;
  if (!open.has(id)) open.set(id, new Map());
  open.get(id).set(socket, token);
  socket.on('close', () => {
    open.get(id)?.delete(socket);
    if (open.get(id)?.size === 0) open.delete(id);
  });
  // It may have ended between the answer and now.
  if (ended.has(id)) return drop(id, 'ended');
  sendText(socket, subject ?? 'a guest');
});

// From before the first visitor.
const { next } = await sessions.eventsPage({ after: 'end' });
hear(next).catch((error) => {
  console.error(error.message);
  process.exit(1);
});
server.listen(Number(PORT), '127.0.0.1', () => console.log(`the page is at http://127.0.0.1:${server.address().port}`));
