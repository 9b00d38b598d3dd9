/** Which apps have a journal, by the policy file that is in force. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { SERVER_APP } from '../../src/core/events.ts';
import { APP_NAME } from '../../src/core/validate.ts';
import { PolicyFile } from '../../src/policy/file.ts';
import { temporaryFolder } from '../support/server.ts';

const DAY = 86_400_000;
const OF_SERVER = { events: true, updates: false, history: null };

test('an app has the journal that its rules say, others that of the defaults, and it changes with the file', (t) => {
  const path = join(temporaryFolder(t), 'policy.json');
  const write = (document: object) => writeFileSync(path, JSON.stringify(document));
  write({ apps: { shop: { events: true }, blog: { history: { days: 30 } }, wiki: {} } });
  const file = new PolicyFile(path);
  const { journal } = file;
  assert.deepEqual(journal('shop'), { events: true, updates: false, history: null });
  assert.deepEqual(journal('blog'), { events: true, updates: false, history: 30 * DAY });
  assert.equal(journal('wiki'), null);
  assert.equal(journal('other'), null);
  assert.deepEqual(journal(SERVER_APP), OF_SERVER);

  write({ defaults: { events: true, updateEvents: true }, apps: { shop: { events: false } } });
  file.reload();
  assert.equal(journal('shop'), null);
  assert.deepEqual(journal('other'), { events: true, updates: true, history: null });
  assert.deepEqual(journal(SERVER_APP), OF_SERVER);

  write({ apps: { shop: {} } });
  file.reload();
  assert.equal(journal('shop'), null);
  assert.equal(journal(SERVER_APP), null, 'where no app has a journal, the server has none');
});

test('an app that is not served has no journal', (t) => {
  const path = join(temporaryFolder(t), 'policy.json');
  writeFileSync(path, JSON.stringify({ strictApps: true, defaults: { events: true }, apps: { shop: {} } }));
  const { journal } = new PolicyFile(path);
  assert.notEqual(journal('shop'), null);
  assert.equal(journal('other'), null);
  assert.deepEqual(journal(SERVER_APP), OF_SERVER);
});

test('the name of the journal of the server is none that a client may use', () => {
  assert.doesNotMatch(SERVER_APP, APP_NAME.pattern);
});
