/** examples/events: each program does what its README says, with a mail server, a real browser, and kills. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { createHmac, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { launchChromium, noChromium } from '../../server/test/support/chromium.ts';
import { freePorts } from '../../server/test/support/ports.mjs';
import { type Cleanup, startServer, temporaryFolder } from '../../server/test/support/server.ts';
import { until } from '../../server/test/support/until.ts';
import { SessionClient } from '../src/index.ts';

const FOLDER = fileURLToPath(new URL('../../../examples/events/', import.meta.url));
const SECRET = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;

/** Starts REST-Sessions as the README says, with the example's policy; `webhookPort` in the place of 8081. */
async function sessionServer(cleanup: Cleanup, webhookPort = 8081) {
  const policy = join(temporaryFolder(cleanup), 'policy.json');
  const shown = readFileSync(join(FOLDER, 'policy.json'), 'utf8');
  writeFileSync(policy, shown.replace('127.0.0.1:8081', `127.0.0.1:${webhookPort}`));
  const env = { RS_STORE: 'memory:', RS_CONFIG: policy, RS_WEBHOOK_NETWORKS: '127.0.0.1/32', WEBHOOK_SECRET: SECRET };
  const { url } = await startServer(cleanup, env);
  const client = new SessionClient({ url, app: 'shop' });
  cleanup.after(() => client.close());
  return { url, client };
}

/** Starts a program of the example, and resolves when it says that it is ready. */
async function program(cleanup: Cleanup, file: string, ready: RegExp, env: Record<string, string>) {
  const options = { cwd: FOLDER, env: { PATH: process.env.PATH, ...env } };
  const child: ChildProcess = spawn(process.execPath, [file], options);
  let output = '';
  for (const stream of [child.stdout!, child.stderr!]) stream.on('data', (chunk) => (output += chunk));
  // Not 'exit': its output must have been read to the end.
  const ended = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | string);
  const end = (signal: NodeJS.Signals) => {
    child.kill(signal);
    return ended;
  };
  cleanup.after(() => end('SIGKILL'));
  const isOver = ended.then((how) => Promise.reject(new Error(`${file} ended with ${how}: ${output}`)));
  isOver.catch(() => {});
  await Promise.race([
    until(
      () => ready.test(output),
      () => output,
    ),
    isOver,
  ]);
  return { found: ready.exec(output)![1]!, end, output: () => output };
}

/** A mail server that takes every mail, unless it is told to be away. */
async function mailServer(cleanup: Cleanup) {
  const mails: { to: string; head: string; text: string }[] = [];
  const state = { isAway: false };
  const talk = async (socket: Socket) => {
    socket.on('error', () => {});
    if (state.isAway) {
      socket.end('421 come back later\r\n');
      return;
    }
    socket.write('220 mail\r\n');
    let to = '';
    let data: string[] | null = null;
    for await (const line of createInterface({ input: socket })) {
      if (data !== null && line !== '.') data.push(line);
      else if (data !== null) {
        const [head, body] = data.join('\n').split('\n\n') as [string, string];
        mails.push({ to, head, text: Buffer.from(body, 'base64').toString() });
        data = null;
        socket.write('250 taken\r\n');
      } else if (line === 'DATA') {
        data = [];
        socket.write('354 go on\r\n');
      } else if (line === 'QUIT') socket.end('221 bye\r\n');
      else {
        if (line.startsWith('RCPT')) to = /<(.*)>/.exec(line)![1]!;
        socket.write(line.startsWith('EHLO') ? '250-mail\r\n250 8BITMIME\r\n' : '250 ok\r\n');
      }
    }
  };
  const server = createServer((socket) => void talk(socket)).listen(0, '127.0.0.1');
  cleanup.after(() => server.close());
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, mails, state };
}

test('new-device: a login on a browser that is not known is mailed, once', async (t) => {
  const [port] = (await freePorts(1)) as [number];
  const { url, client } = await sessionServer(t, port);
  const mail = await mailServer(t);
  const env = { WEBHOOK_SECRET: SECRET, SESSIONS: url, SMTP_PORT: `${mail.port}`, PORT: `${port}` };
  await program(t, 'new-device.mjs', /waits for webhooks on port (\d+)/, env);

  const phone = { subject: 'Zoë', userAgent: 'Phone/1.0 <b>', ip: '192.0.2.1' };
  const first = await client.create(phone);
  await until(() => mail.mails.length === 1, 'the first device is mailed');
  assert.match(mail.mails[0]!.text, /^Hello Zoë,\n.*Phone\/1\.0.*from 192\.0\.2\.1/s);
  assert.equal(mail.mails[0]!.to, 'Zo%C3%AB@users.example');
  assert.doesNotMatch(mail.mails[0]!.head, /Phone|Zoë/, 'what a visitor wrote is in the body alone');

  // The same browser again, also when only the history knows it, and a new token: none is mailed. A guest who logs in elsewhere is.
  await client.revoke(first.token);
  const again = await client.create(phone);
  await client.rotate(again.token, {});
  const guest = await client.create({ userAgent: 'Laptop/2.0' });
  await client.rotate(guest.token, { subject: 'Zoë' });
  await until(() => mail.mails.length === 2, 'the second device is mailed');
  assert.match(mail.mails[1]!.text, /Laptop\/2\.0/);
});

test('new-device: it refuses what is not signed, and asks for another time while the mail server is away', async (t) => {
  const { url, client } = await sessionServer(t);
  const mail = await mailServer(t);
  const env = { WEBHOOK_SECRET: SECRET, SESSIONS: url, SMTP_PORT: `${mail.port}`, PORT: '0' };
  const { found } = await program(t, 'new-device.mjs', /waits for webhooks on port (\d+)/, env);
  const { session } = await client.create({ subject: 'ann', userAgent: 'Tablet' });
  const [event] = (await client.eventsPage({ types: ['session.created'] })).events;
  assert.equal(event!.data.session, session.id);
  const send = async (key: Buffer) => {
    const body = JSON.stringify(event);
    const timestamp = Math.floor(Date.now() / 1000);
    const signature = createHmac('sha256', key).update(`msg_1.${timestamp}.${body}`).digest('base64');
    const headers = {
      'webhook-id': 'msg_1',
      'webhook-timestamp': `${timestamp}`,
      'webhook-signature': `v1,${signature}`,
    };
    return (await fetch(`http://127.0.0.1:${found}/webhooks`, { method: 'POST', headers, body })).status;
  };
  assert.equal(await send(randomBytes(32)), 400);
  mail.state.isAway = true;
  assert.equal(await send(Buffer.alloc(32, 1)), 503);
  mail.state.isAway = false;
  assert.deepEqual([await send(Buffer.alloc(32, 1)), await send(Buffer.alloc(32, 1))], [204, 204]);
  assert.deepEqual(
    mail.mails.map(({ to }) => to),
    ['ann@users.example'],
  );
});

test('gateway: a browser is cut off the moment its session ends, and no other is', { skip: noChromium }, async (t) => {
  const { url, client } = await sessionServer(t);
  const { found: page } = await program(t, 'gateway.mjs', /the page is at (http:\S+)/, { SESSIONS: url, PORT: '0' });
  const browser = await launchChromium(t);
  const visit = async (user: string) => {
    const tab = await (await browser.newContext()).newPage();
    const state = () => tab.locator('#state').textContent();
    await tab.goto(page);
    await until(async () => (await state()) === 'closed 4401 log in first', 'a stranger is turned away');
    await tab.locator('input').fill(user);
    await tab.locator('button').click();
    await until(async () => (await state()) === `connected as ${user}`, `${user} is connected`);
    return state;
  };
  const ann = await visit('Ann');
  const bob = await visit('Bob');
  await client.revokeSubject('Ann', { reason: 'stolen' });
  await until(async () => (await ann()) === 'closed 4401 subject', 'Ann is cut off');
  assert.equal(await bob(), 'connected as Bob');
  const [session] = (await client.listSubject('Bob')).sessions;
  await client.revokeById(session!.id);
  await until(async () => (await bob()) === 'closed 4401 revoked', 'Bob is cut off');
});

test('fraud-log: it has each replaced token that is used, and goes on where it was killed', async (t) => {
  const { url, client } = await sessionServer(t);
  const log = join(temporaryFolder(t), 'fraud.log');
  const lines = () =>
    (existsSync(log) ? readFileSync(log, 'utf8') : '')
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line));
  const start = () => program(t, 'fraud-log.mjs', /(writes) /, { SESSIONS: url, LOG: log });
  const useReplaced = async (subject: string) => {
    const { token } = await client.create({ subject, userAgent: 'Phone' });
    await client.rotate(token, { grace: 0 });
    assert.equal(await client.find(token), null);
  };

  const first = await start();
  await useReplaced('ann');
  await until(() => lines().length === 1, first.output);
  const [{ position, time, id, session, ...suspect }] = lines();
  assert.deepEqual(suspect, {
    type: 'session.suspect',
    subject: 'ann',
    what: 'a replaced token was used',
    stored: { ip: null, userAgent: 'Phone' },
    presented: suspect.presented,
  });
  assert.equal(await first.end('SIGKILL'), 'SIGKILL');

  // What happened meanwhile, and half a line that was being written.
  appendFileSync(log, '{"time":"2026-');
  await useReplaced('bob');
  await client.revokeSubject('ann', { reason: 'her phone was stolen' });
  const { token } = await client.create({ subject: 'carl' });
  await client.revoke(token);
  const second = await start();
  await until(() => lines().length === 3, second.output);
  await client.revokeSubject('bob', { reason: 'the last one' });
  await until(() => lines().length === 4, second.output);
  const told = lines().map(({ type, subject, reason, note }) => [type, subject, reason, note]);
  assert.deepEqual(told, [
    ['session.suspect', 'ann', undefined, undefined],
    ['session.suspect', 'bob', undefined, undefined],
    ['session.ended', 'ann', 'subject', 'her phone was stolen'],
    ['session.ended', 'bob', 'subject', 'the last one'],
  ]);
  assert.equal(await second.end('SIGTERM'), 0, second.output());
});
