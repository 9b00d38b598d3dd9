/** How the README says that the package is installed, while no registry has it. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startServer, temporaryFolder } from '../support/server.ts';

const root = fileURLToPath(new URL('../../../../', import.meta.url));

test('N8: the packed file is a command that serves (kind: what is offered and cannot be had)', async (t) => {
  const folder = temporaryFolder(t);
  const [line] = /^npm .*npm pack .*$/m.exec(readFileSync(join(root, 'README.md'), 'utf8')) ?? [];
  assert.match(line ?? '', /npm pack --workspace rest-sessions/);
  execFileSync('npm', ['pack', '--silent', '--workspace', 'rest-sessions', '--pack-destination', folder], {
    cwd: root,
  });
  const files = readdirSync(folder);
  assert.deepEqual(files, [files.find((name) => /^rest-sessions-[\d.]+\S*\.tgz$/.test(name))]);
  execFileSync('tar', ['-xzf', files[0]!], { cwd: folder });
  // What `npm install` would fetch, from here.
  symlinkSync(join(root, 'node_modules'), join(folder, 'package', 'node_modules'));
  const command = join(folder, 'package', 'bin', 'rest-sessions.js');
  assert.match(execFileSync(process.execPath, [command, '--version'], { encoding: 'utf8' }), /^\d+\.\d+\.\d+/);
  const server = await startServer(t, { RS_STORE: 'memory:' }, [process.execPath, command]);
  assert.equal((await fetch(`${server.url}/docs/`)).status, 200, 'with its page');
});

test('N8: only the section Install of the README says how to get the package (kind: one place to change)', () => {
  const pages = ['README.md', 'UPGRADING.md', 'CONTRIBUTING.md', 'packages/server/README.md'];
  const guides = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'));
  for (const name of [...pages, ...guides.map((guide) => `docs/${guide}`)]) {
    const text = readFileSync(join(root, name), 'utf8').replace(/^## Install\n[\s\S]+?(?=^## )/m, '');
    assert.doesNotMatch(text, /npx rest-sessions|npm (?:i|install) (?:-g|--global)|npm pack/, name);
  }
});
