/** A login that ends while nobody is there: the page notices, whatever it reads by itself, and by the clock of the server. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

const MINUTE = 60_000;
const IDLE = 15 * MINUTE;
/** The clock of the reader is two hours behind. */
const AHEAD = 120 * MINUTE;

test('who is logged in is asked about when the login should be over, though the page reads in the background until then', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'Date'], now: Date.parse('2026-11-30T08:00:00Z') });
  const server = { endsAt: 0, isAway: false, asked: [] as string[] };
  const now = () => Date.now() + AHEAD;
  const meNow = () => ({
    ...{ name: 'anna', way: 'key', scopes: ['read'], apps: ['shop'], idleTimeout: IDLE / 1000 },
    ...{
      expiresAt: new Date(server.endsAt).toISOString(),
      absoluteExpiresAt: new Date(10 * IDLE + now()).toISOString(),
    },
  });
  const first = meNow().absoluteExpiresAt;
  const json = (body: object, status = 200) =>
    Response.json(body, { status, headers: { Date: new Date(now()).toUTCString() } });
  // A server by the rules of ours: what is asked in the background, and who is logged in, lengthens nothing.
  const answer = (path: string, { method = 'GET', headers = {} }: RequestInit): Response => {
    server.asked.push(`${method} ${path}`);
    if (server.isAway) throw new TypeError('fetch failed');
    if (now() >= server.endsAt) return json({ code: 'unauthorized', detail: '' }, 401);
    const isBackground = 'Console-Background' in headers;
    if (!isBackground && !(method === 'GET' && path === '/console/me')) server.endsAt = now() + IDLE;
    return json(path === '/console/me' ? { ...meNow(), absoluteExpiresAt: first } : {});
  };
  t.mock.method(globalThis, 'fetch', async (path: string, options: RequestInit = {}) => answer(path, options));
  Object.assign(globalThis, { document: { hidden: true, addEventListener: () => {} } });
  t.after(() => Reflect.deleteProperty(globalThis, 'document'));

  const { request, v1 } = await import('../src/api/request.ts');
  const { me } = await import('../src/state/session.ts');
  await import('../src/shell/idle.ts');
  const pass = async (milliseconds: number) => {
    t.mock.timers.tick(milliseconds);
    await new Promise(setImmediate);
  };

  // It begins with the login.
  server.endsAt = now() + IDLE;
  me.value = await request('/me');
  const begun = me.value;
  await v1('/apps');
  server.asked.length = 0;

  // What is read in the first minute is use, and lengthens it to a moment that the page is not told.
  await pass(MINUTE / 2);
  await v1('/apps');
  const asksAbout = () => server.asked.filter((request) => request === 'GET /console/me').length;
  await pass(IDLE - MINUTE / 2 + 2000);
  assert.equal(asksAbout(), 1, 'asked when the login would be over by what the page knows');
  assert.equal(me.value, begun, 'who holds it has not changed, and nothing loads again');

  // From now on nobody is there, and the page reads by itself.
  for (let passed = 0; passed < MINUTE / 2 - 5000; passed += 5000) {
    await pass(5000);
    await v1('/apps');
  }
  assert.equal(asksAbout(), 1);
  server.isAway = true;
  await pass(5000);
  assert.equal(asksAbout(), 2, 'asked again when the server had said that it ends');
  assert.equal(me.value, begun);
  server.isAway = false;
  await pass(15_000);
  assert.equal(me.value, null, 'and the screen is empty');
});
