/** The pages that show calls: run in a shell as they are printed, twice in a row, on a server that nobody cleans between. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { assertShown, readPage, runPage } from '../support/page.ts';
import { startServer, temporaryFolder } from '../support/server.ts';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));

for (const page of ['docs/api.md', 'README.md']) {
  describe(`${page} in a shell, as printed`, async () => {
    const server = await startServer({ after }, { RS_STORE: 'memory:' });
    const steps = readPage(page);

    for (const time of ['the first time', 'once more']) {
      test(`N5, N11: ${time}, every call prints what the page shows (kind: a page that is right only once)`, async (t) => {
        const printed = await runPage(t, server, steps);
        for (const [i, step] of steps.entries()) assertShown(step, printed[i]!);
      });
    }

    test('most of its calls have an answer on the page', () => {
      assert.ok(steps.length > 2);
      assert.ok(steps.filter(({ shown }) => shown !== null).length > steps.length / 2);
    });
  });
}

describe('docs/events.md in a shell, as printed', async () => {
  const [, policy] = /^```json\n([\s\S]+?)^```$/m.exec(readFileSync(join(ROOT, 'docs/events.md'), 'utf8'))!;
  const file = join(temporaryFolder({ after }), 'policy.json');
  writeFileSync(file, policy!);
  const server = await startServer({ after }, { RS_STORE: 'memory:', RS_CONFIG: file });
  const steps = readPage('docs/events.md');

  for (const time of ['the first time', 'once more']) {
    test(`${time}, every call prints what the page shows`, async (t) => {
      const printed = await runPage(t, server, steps);
      for (const [i, step] of steps.entries()) assertShown(step, printed[i]!);
    });
  }
});

test('docs/api.md shows every task there is', () => {
  const tasks = [
    'Log in',
    'Keep something in the session',
    'Change only what you have read',
    'One page at a time',
    'Log out',
    'Remember me',
    'Show my devices',
    'Log out everywhere else',
    'Change of password',
    'Guest to user',
    'Who is online',
    'Look at the server',
    'Gateway check',
  ];
  const sections = readPage('docs/api.md').map(({ section }) => section);
  assert.deepEqual([...new Set(sections)].slice(1), tasks);
});
