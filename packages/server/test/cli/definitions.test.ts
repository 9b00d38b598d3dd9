/** The definitions of the commands, and that what comes from them leaves nothing out: --help, the manual page, the reading of words. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { manualPage } from '../../../../scripts/manual.ts';
import { readArguments, UsageError } from '../../src/cli/arguments.ts';
import { COMMANDS } from '../../src/cli/definitions/index.ts';
import { EXIT, EXIT_CODES } from '../../src/cli/exit-codes.ts';
import { help, helpOf } from '../../src/cli/help.ts';
import { optionOf, slotsOf } from '../../src/cli/usage.ts';

const commands = [...COMMANDS.values()];
const verbs = commands.flatMap((command) =>
  Object.entries(command.verbs).map(([verb, definition]) => ({ command, verb, definition })),
);

/** The words of each call of ours in a line for a shell. */
function callsIn(line: string): readonly (readonly string[])[] {
  const parts = line.match(/(?:"[^"]*"|'[^']*'|[^|<>()"'])+/g) ?? [];
  return parts.flatMap((part) => {
    const words = [...part.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(([, a, b, c]) => a ?? b ?? c ?? '');
    const at = words.indexOf('rest-sessions');
    return at === -1 ? [] : [words.slice(at + 1)];
  });
}

describe('each command', () => {
  test('has a summary of one line, and a text, and each verb an example and what there is to say of it', () => {
    for (const { name, summary, text } of commands) {
      assert.match(summary, /^[^\n]{10,100}[^.\n]$/, name);
      assert.match(text.trim(), /\.$/, name);
    }
    for (const { command, verb, definition } of verbs) {
      const name = `${command.name} ${verb}`;
      assert.ok(verb === '' || /\.$/.test(definition.text.trim()), name);
      assert.ok(definition.examples.length > 0, name);
      for (const { text } of definition.examples) assert.match(text, /^[^\n]+[^.\n]$/, name);
      for (const [option, { text }] of Object.entries(definition.options)) {
        assert.match(text, /^[^\n]+[^.\n]$/, `${name} --${option}`);
        assert.match(option, /^[a-z][a-z-]+$/, name);
      }
    }
  });

  test('has examples that its definition can read, and an option is the same kind in all its verbs', () => {
    for (const { command, verb, definition } of verbs) {
      for (const { line } of definition.examples) {
        const calls = callsIn(line);
        assert.ok(calls.length > 0, line);
        const read = calls.map(([name = 'serve', ...words]) => [name, readArguments(COMMANDS.get(name)!, words).verb]);
        assert.ok(
          read.some(([name, one]) => name === command.name && one === verb),
          line,
        );
      }
      for (const other of Object.values(command.verbs))
        for (const [name, { value }] of Object.entries(definition.options)) {
          const same = other.options[name];
          assert.ok(same === undefined || (same.value === null) === (value === null), `${command.name} --${name}`);
        }
    }
  });

  test('is in --help of all, with its help in lines that fit, and all of its verbs, options and examples there', () => {
    const all = help();
    for (const { name, summary } of commands)
      assert.match(all.replaceAll(/\s+/g, ' '), new RegExp(`${name} ${summary.slice(0, 40)}`));
    for (const { command, verb, definition } of verbs) {
      for (const page of [helpOf(command, ''), helpOf(command, verb)]) {
        assert.ok(page.includes(`rest-sessions ${definition.usage}`), definition.usage);
        for (const [name, option] of Object.entries(definition.options))
          assert.ok(page.includes(`  ${optionOf(name, option)}`), name);
        for (const { line } of definition.examples) assert.ok(page.includes(line));
        const long = page
          .split('\n')
          .filter((line) => line.length > 100 && !/^ {2}(RS_|\S* ?rest-sessions|source)/.test(line));
        assert.deepEqual(long, []);
        for (const code of Object.values(EXIT))
          assert.ok(page.replaceAll(/\s+/g, ' ').includes(`${code} ${EXIT_CODES[code]}`));
      }
    }
  });

  test('is in the manual page, with all of its verbs, options and examples', () => {
    // As somebody reads it, who sees no roff.
    const page = manualPage()
      .replaceAll('\\-', '-')
      .replaceAll('\\(aq', "'")
      .replaceAll('\\(dq', '"')
      .replaceAll('\\ ', ' ');
    for (const { command, definition } of verbs) {
      const section = page.slice(page.indexOf(`.SS ${command.name}\n`));
      const end = section.indexOf('\n.S', 4);
      const own = section.slice(0, end);
      for (const name of Object.keys(definition.options))
        assert.match(own, new RegExp(`^\\.BI? --${name}\\b`, 'm'), name);
      for (const { line } of definition.examples) assert.ok(own.includes(line.replaceAll('…', '...')), line);
    }
    for (const code of Object.keys(EXIT_CODES)) assert.ok(page.includes(`\n.B ${code}\n`));
  });
});

test('words are counted by the usage: none, one, one or more, one of some', () => {
  const slots = (usage: string) =>
    slotsOf({ ...COMMANDS.get('stats')!, verbs: { '': { usage, text: '', options: {}, examples: [] } } }, '');
  assert.deepEqual(slots('stats'), []);
  assert.deepEqual(slots('stats [ID…] a|b'), [
    { shown: 'ID', isOptional: true, isRow: true, choices: null },
    { shown: 'a|b', isOptional: false, isRow: false, choices: ['a', 'b'] },
  ]);
  const read = (usage: string, words: string[]) =>
    readArguments({ ...COMMANDS.get('stats')!, verbs: { '': { usage, text: '', options: {}, examples: [] } } }, words)
      .given.words;
  assert.deepEqual(read('stats ID…', ['a', 'b']), ['a', 'b']);
  for (const [usage, words, said] of [
    ['stats ID…', [], 'stats needs one or more ID, and there are 0'],
    ['stats FILE', ['a', 'b'], 'stats needs one FILE, and there are 2'],
    ['stats a|b', ['c'], 'stats needs one of a, b'],
    ['stats', ['c'], 'stats takes no words after it'],
  ] as const) {
    assert.throws(() => read(usage, [...words]), new UsageError(said));
  }
});
