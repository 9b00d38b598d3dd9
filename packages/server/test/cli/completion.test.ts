/** The completions, in the shells that they are for. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { COMMANDS } from '../../src/cli/definitions/index.ts';
import { runCommand } from '../support/command.ts';
import { temporaryFolder } from '../support/server.ts';
import { NEEDS_TERMINAL, onTerminal } from '../support/terminal.ts';
import { isHere, SHELLS } from './shells.ts';

const CASES: readonly (readonly [line: string, offered: readonly string[]])[] = [
  ['rest-sessions ke', ['keys']],
  ['rest-sessions keys ', Object.keys(COMMANDS.get('keys')!.verbs)],
  ['rest-sessions keys re', ['revoke']],
  ['rest-sessions help stat', ['stats']],
  ['rest-sessions keys create --sc', ['--scopes']],
  ['rest-sessions keys create --name keys --sc', ['--scopes']],
  ['rest-sessions keys create --scopes re', ['read', 'revoke']],
  ['rest-sessions keys create --name=x --scopes re', ['read', 'revoke']],
  ['rest-sessions keys create --name ', []],
  ['rest-sessions completion ', ['bash', 'fish', 'zsh']],
  ['rest-sessions completion bash ', []],
  ['rest-sessions backup night', ['nightly.backup']],
  ['rest-sessions restore --store lmdb:x night', ['nightly.backup']],
  ['rest-sessions health --cert ni', ['nightly.backup']],
  ['rest-sessions import --format php', ['php', 'php_serialize']],
  ['rest-sessions import --from php-f', ['php-files:']],
  ['rest-sessions doctor --quick --jso', ['--json']],
];

for (const [shell, ask] of Object.entries(SHELLS)) {
  const isMissing =
    !isHere(shell) && process.env.CI !== 'true' && `SKIPPED: ${shell} is not here (apt-get install ${shell})`;
  const skip = isMissing || (shell === 'zsh' && NEEDS_TERMINAL);

  describe(`completion in ${shell}`, { skip }, () => {
    const ends: (() => unknown)[] = [];
    const folder = temporaryFolder({ after: (end) => void ends.push(end) });
    const script = join(folder, '.completion');
    const found = join(folder, '_rest-sessions');
    const typed = join(folder, 'here');

    before(async () => {
      process.once('exit', () => ends.forEach((end) => void end()));
      const { status, stdout } = await runCommand(['completion', shell]);
      assert.equal(status, 0);
      for (const file of [script, found]) writeFileSync(file, stdout);
      mkdirSync(typed);
      writeFileSync(join(typed, 'nightly.backup'), '');
    });

    test('offers what may stand at a place: commands, verbs, options, fixed values, files', async () => {
      const offered = await ask(
        CASES.map(([line]) => line),
        typed,
        script,
      );
      // zsh offers it where nothing else may stand.
      const found = CASES.map(([line], i) => [line, offered[i]!.filter((word) => word !== '--help')]);
      assert.deepEqual(
        found,
        CASES.map(([line, words]) => [line, [...words].sort()]),
      );
    });

    test('offers every command, and every option of every verb', async () => {
      const verbs = [...COMMANDS.values()].flatMap((command) =>
        Object.entries(command.verbs).map(([verb, { options }]) => ({
          line: ['rest-sessions', command.name, verb, '--'].filter(Boolean).join(' '),
          options: Object.keys(options).map((name) => `--${name}`),
        })),
      );
      const [commands, ...offered] = await ask(['rest-sessions ', ...verbs.map(({ line }) => line)], typed, script);
      for (const name of COMMANDS.keys()) assert.ok(commands!.includes(name), name);
      for (const [i, { line, options }] of verbs.entries()) {
        const missing = options.filter((option) => !offered[i]!.some((word) => word.replace(/=$/, '') === option));
        assert.deepEqual(missing, [], line);
      }
    });

    test('goes on behind the commas of a list', async () => {
      const [offered] = await ask(['rest-sessions keys create --scopes read,wr'], typed, found);
      // zsh completes the part behind the comma.
      assert.deepEqual(offered, [shell === 'zsh' ? 'write' : 'read,write']);
    });
  });
}

test('bash completes a line as somebody types it, behind = and : too', { skip: NEEDS_TERMINAL }, async (t) => {
  const folder = temporaryFolder(t);
  const { stdout } = await runCommand(['completion', 'bash']);
  writeFileSync(join(folder, 'script'), stdout);
  writeFileSync(join(folder, 'nightly.backup'), '');
  const terminal = onTerminal(['bash', '--norc', '--noprofile', '-i'], { columns: 200, env: { PS1: 'start>' } });
  await terminal.shows('start>');
  terminal.type(`cd '${folder}'; source ./script; echo sour''ced\r`);
  await terminal.shows('sourced');
  for (const [typed, line] of [
    ['rest-sessions bac\tni\t', 'rest-sessions backup nightly.backup'],
    ['rest-sessions keys li\t--file=ni\t', 'rest-sessions keys list --file=nightly.backup'],
    ['rest-sessions import --from nd\tni\t', 'rest-sessions import --from ndjson:nightly.backup'],
    ['rest-sessions keys create --scopes verify,wr\t', 'rest-sessions keys create --scopes verify,write'],
  ] as const) {
    // Ctrl-A and Ctrl-E: what stands there is printed in place of being run.
    terminal.type(`${typed}\x01echo '[\x05]'\r`);
    await terminal.shows(new RegExp(`\\n\\[${line} ?\\]`));
  }
  terminal.type('exit\r');
  await terminal.ended;
});
