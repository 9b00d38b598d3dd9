// An application behind the gateway. It asks nobody who its visitor is: the headers say so, because nobody but the proxy reaches it.
// It shows each request as it arrived. PORT: where it listens. SESSIONS: where REST-Sessions is. KEY: for the login (scopes write, revoke).
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';

const { PORT = '8080', SESSIONS = 'http://127.0.0.1:3000', KEY } = process.env;
const FORM =
  '<!doctype html><title>Log in</title><form method="post"><input name="user"><button>Log in</button></form>';

/** Gives the ready cookie of a new session. Your own login checks a password before it comes here. */
async function logIn(user) {
  const answer = await fetch(`${SESSIONS}/v1/apps/shop/sessions`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...(KEY && { Authorization: `Bearer ${KEY}` }) },
    body: JSON.stringify({ subject: user }),
  });
  if (answer.status !== 201) throw new Error(`REST-Sessions answered ${answer.status}`);
  return (await answer.json()).setCookie;
}

async function handle(request, response) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  if (request.url === '/login') {
    if (request.method !== 'POST') return response.setHeader('Content-Type', 'text/html').end(FORM);
    const cookie = await logIn(new URLSearchParams(body.toString()).get('user'));
    return response.writeHead(303, { Location: '/', 'Set-Cookie': cookie }).end();
  }
  const user = decodeURIComponent(request.headers['session-subject'] ?? '') || null;
  const { method, url, rawHeaders } = request;
  const sha256 = createHash('sha256').update(body).digest('hex');
  response.setHeader('Content-Type', 'application/json');
  response.end(`${JSON.stringify({ user, method, url, rawHeaders, bytes: body.length, sha256 }, null, 1)}\n`);
}

const server = createServer((request, response) => {
  handle(request, response).catch((error) => response.writeHead(500).end(`${error.message}\n`));
});
// A WebSocket, as far as this page needs one: the handshake, then whose it is, then what comes is sent back as it came.
server.on('upgrade', (request, socket) => {
  const accept = createHash('sha1').update(
    `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`,
  );
  const head = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade'];
  socket.on('error', () => socket.destroy());
  socket.write([...head, `Sec-WebSocket-Accept: ${accept.digest('base64')}`, '', ''].join('\r\n'));
  const hello = Buffer.from(request.headers['session-subject'] ?? '');
  socket.write(Buffer.concat([Buffer.from([0x81, hello.length]), hello]));
  socket.pipe(socket);
});
server.listen(Number(PORT), '127.0.0.1', () => console.log(`the application listens on ${server.address().port}`));
