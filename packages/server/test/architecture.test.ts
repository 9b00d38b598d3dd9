/** Holds the rules of ARCHITECTURE.md: who may import whom, how long a file may be, what core may not touch. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const SRC = fileURLToPath(new URL('../src/', import.meta.url));
const MAX_LINES = 350;
const FORBIDDEN_FOLDERS = /(^|\/)(utils?|helpers?|common|types|misc|lib)(\/|$)/;

/** Who a folder may import: first match decides. `exact` names single files. */
const RULES: readonly { from: RegExp; mayImport: RegExp; why: string }[] = [
  {
    from: /^core\/token\.ts$/,
    mayImport: /^(core\/|node:crypto$)/,
    why: 'tokens need the CSPRNG and hashes, nothing else',
  },
  { from: /^core\//, mayImport: /^core\//, why: 'core has no I/O and no dependency' },
  {
    from: /^stores\/open-(store|audit)\.ts$/,
    mayImport: /^(core\/|stores\/|node:(path|fs)$)/,
    why: 'it knows the engines',
  },
  { from: /^stores\/(finding|audit)\.ts$/, mayImport: /^stores\/finding\.ts$/, why: 'they are shapes' },
  { from: /^stores\/memory\//, mayImport: /^(core\/|stores\/memory\/)/, why: 'the specification stands on core alone' },
  {
    from: /^stores\/lmdb\//,
    mayImport: /^(core\/|stores\/(lmdb\/|(finding|audit)\.ts$)|lmdb$|node:(fs|path|timers\/promises)$)/,
    why: 'a store knows its own driver',
  },
  {
    from: /^stores\/redis\/(connection|clients|connectors|handshake)\.ts$/,
    mayImport: /^(ioredis$|stores\/redis\/|node:(net|tls|timers\/promises)$)/,
    why: 'the one place with the driver and its sockets',
  },
  {
    from: /^stores\/redis\//,
    mayImport: /^(core\/|stores\/(redis\/|(finding|audit)\.ts$)|node:(crypto|fs|timers\/promises)$)/,
    why: 'the scripts are files, the driver is in connection.ts and clients.ts',
  },
  {
    from: /^http\/(sockets\/|guards\/host-rule\.ts$)/,
    mayImport: /^(core\/|http\/|@hono\/node-server$|node:(https?|net|tls)$)/,
    why: 'the place with sockets',
  },
  {
    from: /^http\//,
    mayImport: /^(core\/|http\/|hono(\/|$)|zod$|node:timers\/promises$)/,
    why: 'http knows no store and no configuration',
  },
  { from: /^config(\.ts$|\/)/, mayImport: /^(config\/|node:)/, why: 'configuration imports nothing of ours' },
  {
    from: /^log\/log\.ts$/,
    mayImport: /^(config\.ts$|log\/log-sink\.ts$|pino|node:)/,
    why: 'the log depends on its level only',
  },
  { from: /^log\/log-sink\.ts$/, mayImport: /^node:fs$/, why: 'it writes what it is given' },
  {
    from: /^policy\/schema\.ts$/,
    mayImport: /^(core\/(policy|validate)\.ts$|zod$)/,
    why: 'the table of the file stands on the policy',
  },
  {
    from: /^policy\//,
    mayImport: /^(core\/(errors|policy|validate)\.ts$|policy\/|zod$|node:fs$)/,
    why: 'the policy file knows no route and no store',
  },
  {
    from: /^keys\//,
    mayImport:
      /^(core\/(principal|token|validate)\.ts$|keys\/|limits\/reminder\.ts$|policy\/json-document\.ts$|node:(crypto|fs|os|path)$)/,
    why: 'keys know no route and no header',
  },
  {
    from: /^tls\.ts$/,
    mayImport: /^(config\.ts$|http\/sockets\/secure-server\.ts$|node:(crypto|fs|tls)$)/,
    why: 'it reads files for the server',
  },
  { from: /^limits\//, mayImport: /^limits\//, why: 'limits are arithmetic' },
  { from: /^upkeep\/outage\.ts$/, mayImport: /^core\/errors\.ts$/, why: 'it is handed what it asks and tells' },
  { from: /^reloading\.ts$/, mayImport: /^node:fs(\/promises)?$/, why: 'it is handed what it reads' },
  { from: /^upkeep\/sweeper\.ts$/, mayImport: /^node:timers\/promises$/, why: 'the sweeper is handed what it calls' },
  {
    from: /^upkeep\/store-watch\.ts$/,
    mayImport: /^(stores\/finding\.ts$|node:timers\/promises$)/,
    why: 'the watch is handed what it asks',
  },
  {
    from: /^cli\//,
    mayImport: /^(cli\/|config\.ts$|keys\/|log\/log\.ts$|(serve|doctor)\.ts$|node:)/,
    why: 'the command neither knows core nor stores',
  },
  {
    from: /^doctor\.ts$/,
    mayImport: /^(config\.ts$|stores\/(open-)?audit\.ts$)/,
    why: 'the composition root of the doctor, which needs no server',
  },
  { from: /^(serve|access|index)\.ts$/, mayImport: /./, why: 'the composition root wires everything' },
];

const files = readdirSync(SRC, { withFileTypes: true, recursive: true })
  .filter((entry) => entry.isFile())
  .map((entry) => relative(SRC, join(entry.parentPath, entry.name)).split(sep).join('/'));
const textOf = (file: string) => readFileSync(join(SRC, file), 'utf8');

/** Gives what a file imports: paths below src for our own, names for the rest. */
function importsOf(file: string): string[] {
  const specifiers = [...textOf(file).matchAll(/(?:from|import\(|createRequire\([^)]*\)\()\s*'([^']+)'/g)].map(
    (match) => match[1]!,
  );
  return specifiers.map((specifier) =>
    specifier.startsWith('.') ? join(file, '..', specifier).split(sep).join('/') : specifier,
  );
}

describe('architecture', () => {
  test('every import is one that its folder may make', () => {
    assert.ok(files.length > 30, 'the sources were found');
    for (const file of files) {
      const rule = RULES.find(({ from }) => from.test(file));
      assert.ok(rule, `${file} is in no folder that the architecture knows`);
      for (const imported of importsOf(file)) {
        assert.match(imported, rule.mayImport, `${file} must not import ${imported}: ${rule.why}`);
      }
    }
  });

  test('core has no clock, no chance and no environment', () => {
    for (const file of files.filter((name) => name.startsWith('core/'))) {
      assert.doesNotMatch(
        textOf(file),
        /Date\.now|new Date|Math\.random|process\.|setTimeout|setInterval|fetch\(/,
        file,
      );
    }
  });

  test('only the configuration and the command read the environment, only problem.ts knows status codes', () => {
    for (const file of files.filter((name) => !name.startsWith('cli/'))) {
      assert.doesNotMatch(textOf(file), /process\.env/, file);
    }
    for (const file of files.filter((name) => /^(core|stores)\//.test(name))) {
      assert.doesNotMatch(textOf(file), /\b(400|404|409|413|415|503)\b/, file);
    }
  });

  test('no file is longer than 350 lines, no folder is a drawer', () => {
    for (const file of files) {
      assert.ok(textOf(file).split('\n').length <= MAX_LINES, `${file} has grown a second subject`);
      assert.doesNotMatch(file, FORBIDDEN_FOLDERS);
    }
  });

  test('a rule that is broken is found', () => {
    const [coreRule] = RULES.filter(({ from }) => from.test('core/sessions.ts'));
    for (const imported of ['lmdb', 'node:fs', 'stores/lmdb/tables.ts', 'http/app.ts', 'config.ts']) {
      assert.doesNotMatch(imported, coreRule!.mayImport);
    }
  });
});
