// Mails a user who logs in on a device that was not known. It receives webhooks, so it may be away for a while: they come again.
//   WEBHOOK_SECRET=whsec_… SESSIONS=http://127.0.0.1:3000 SMTP_PORT=25 PORT=8081 node new-device.mjs
import { createServer } from 'node:http';
import { SessionClient } from 'rest-sessions-client';
import { verifyWebhook, WebhookError } from 'rest-sessions-client/webhooks';
import { sendMail } from './smtp.mjs';

const {
  WEBHOOK_SECRET,
  SESSIONS = 'http://127.0.0.1:3000',
  SESSIONS_KEY,
  APP = 'shop',
  SMTP_PORT = '25',
  PORT = '8081',
} = process.env;
const LONGEST_BODY = 1 << 20;
const MOST_REMEMBERED = 10_000;
const sessions = new SessionClient({ url: SESSIONS, key: SESSIONS_KEY, app: APP });
/** Events that a mail was sent for, or none was due: an event may come twice. */
const done = new Set();

/** A login on a browser that none of the user's sessions had before, of those that are there and those that the history keeps. */
async function handle(event) {
  const { subject, session: id, from } = event.data;
  // A guest's session, or a new token without a login.
  if (subject === null || (event.type === 'session.rotated' && from === null) || done.has(event.id)) return;
  const devices = (await sessions.listSubject(subject)).sessions;
  const session = devices.find((each) => each.id === id);
  // It has ended meanwhile: whoever ended it knows of it.
  if (session !== undefined) {
    const others = [...devices.filter((each) => each.id !== id), ...(await sessions.history(subject))];
    const isKnown = others.some(
      ({ userAgent, createdAt }) => userAgent === session.userAgent && createdAt < session.createdAt,
    );
    if (!isKnown) await sendMail(Number(SMTP_PORT), mailAbout(subject, session));
  }
  done.add(event.id);
  if (done.size > MOST_REMEMBERED) done.delete(done.values().next().value);
}

function mailAbout(user, { userAgent, ip, createdAt }) {
  const device = `${userAgent ?? 'a device without a name'}, from ${ip ?? 'an address that is not known'}`;
  const text = `Hello ${user},\n\nsomebody logged in to your account:\n\n  ${device}\n  ${createdAt}\n\nThat was not you? Log out everywhere.\n`;
  return { from: 'shop@shop.example', to: `${encodeURIComponent(user)}@users.example`, subject: 'A new device', text };
}

const server = createServer(async (request, response) => {
  try {
    const chunks = [];
    let length = 0;
    for await (const chunk of request) {
      length += chunk.length;
      if (length > LONGEST_BODY) return response.writeHead(413, { Connection: 'close' }).end();
      chunks.push(chunk);
    }
    const { events } = await verifyWebhook(Buffer.concat(chunks), request.headers, WEBHOOK_SECRET);
    for (const event of events) await handle(event);
    response.writeHead(204).end();
  } catch (error) {
    // 503: the mail server or the session server is away, so it shall come again.
    const status = error instanceof WebhookError ? 400 : 503;
    console.error(`${status}: ${error.message}`);
    if (!response.headersSent) response.writeHead(status).end();
  }
});
server.listen(Number(PORT), '127.0.0.1', () => console.log(`waits for webhooks on port ${server.address().port}`));
