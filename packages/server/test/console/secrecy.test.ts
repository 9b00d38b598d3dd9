/** What is written down of the console: routes, names and acts. Never a key, a password, a token or what somebody searched for. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { newKey } from '../../src/keys/format.ts';
import { startCollector } from '../support/collector.ts';
import { temporaryFolder } from '../support/server.ts';
import { PASSWORD, startDesk, testKey, user } from './kit.ts';

// biome-ignore lint/suspicious/noExplicitAny: lines of any shape
const linesOf = (text: string): any[] =>
  text
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));

test('no log, no audit line and no trace has a secret; they have the route, the name and the act', async (t) => {
  const folder = temporaryFolder(t);
  const audit = join(folder, 'audit.log');
  const collector = await startCollector(t);
  const key = testKey('support', ['verify', 'read', 'write', 'revoke', 'admin']);
  const desk = await startDesk(t, [key], {
    RS_LOGLEVEL: 'trace',
    RS_AUDIT_LOG: audit,
    RS_CONSOLE_USERS: user('anna'),
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_TRACES_SAMPLER: 'always_on',
  });
  const [wrongKey, wrongPassword, searched] = [newKey(), 'my-wrong-password-77', 'joe.searched@example.org'];
  const anna = desk.visitor();
  await anna.post('/console/login', { key: wrongKey });
  await anna.post('/console/login', { name: wrongPassword, password: 'x' });
  await anna.post('/console/login', { name: 'anna', password: wrongPassword });
  await anna.post('/console/login', `{"key":"${wrongKey}"`);
  await anna.login({ name: 'anna', password: PASSWORD });
  const cookies = [anna.cookie.split('=')[1]!];
  await anna.login({ key: key.key });
  cookies.push(anna.cookie.split('=')[1]!);
  const { json } = await desk.api(key.key, 'POST', '/v1/apps/shop/sessions', { subject: searched });
  await anna.post('/console/search', { app: 'shop', text: json.token });
  await anna.post('/console/search', { app: 'shop', text: searched });
  await anna.post('/console/search', { app: 'shop', text: 'nobody.searched@example.org' });
  const ended = await anna.v1('DELETE', `/apps/shop/sessions/${json.session.id}?reason=lost%20phone`);
  assert.equal(ended.status, 200);
  const blind = desk.visitor();
  await blind.login({ name: 'anna', password: PASSWORD });
  assert.equal((await blind.v1('DELETE', '/apps/shop/sessions?confirm=shop')).status, 403);
  await blind.post('/console/logout-everywhere');
  await anna.post('/console/logout');
  await desk.server.end();

  const written = { log: desk.server.output(), audit: readFileSync(audit, 'utf8'), traces: collector.text() };
  for (const [where, text] of Object.entries(written)) {
    assert.ok(text.length > 100, where);
    for (const secret of [key.key, wrongKey, PASSWORD, wrongPassword, json.token, 'searched', ...cookies]) {
      assert.ok(!text.includes(secret), `${where} has ${secret}`);
    }
  }

  const routes = new Set(linesOf(written.log).map(({ route }) => route));
  for (const route of [
    '/console/login',
    '/console/search',
    '/console/logout',
    '/console/api/v1/apps/:app/sessions/:id',
  ]) {
    assert.ok(routes.has(route), route);
    assert.ok(written.traces.includes(route), route);
  }
  const acts = linesOf(written.audit)
    .filter(({ act }) => !act.startsWith('server.'))
    .map(({ act, outcome, key, via, code, ended, reason }) => [act, outcome, key, via, code ?? ended ?? reason]);
  assert.deepEqual(acts, [
    ['console.login', 'refused', null, 'console', 'unauthorized'],
    ['console.login', 'refused', null, 'console', 'unauthorized'],
    ['console.login', 'refused', 'anna', 'console', 'unauthorized'],
    ['console.login', 'done', 'anna', 'console', undefined],
    ['console.login', 'done', 'support', 'console', undefined],
    ['session.end', 'begun', 'support', 'console', 'lost phone'],
    ['session.end', 'done', 'support', 'console', 1],
    ['console.login', 'done', 'anna', 'console', undefined],
    ['app.end', 'refused', 'anna', 'console', 'forbidden'],
    ['console.logout-everywhere', 'begun', 'anna', 'console', undefined],
    ['console.logout-everywhere', 'done', 'anna', 'console', 1],
    ['console.logout', 'done', 'support', 'console', undefined],
  ]);
});

test('where the audit log cannot be written, nobody is logged in', async (t) => {
  const folder = temporaryFolder(t);
  const audit = join(folder, 'audit.log');
  const key = testKey('support', ['read']);
  const desk = await startDesk(t, [key], { RS_AUDIT_LOG: audit });
  rmSync(audit);
  mkdirSync(audit);
  const anna = desk.visitor();
  const answer = await anna.post('/console/login', { key: key.key });
  assert.deepEqual([answer.status, answer.json.code], [503, 'audit_unavailable']);
  assert.equal(answer.headers['set-cookie'], undefined);
});
