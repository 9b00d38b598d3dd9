/**
 * Holds the rules of ARCHITECTURE.md: who may import whom, that nobody knows each other, how long a file may be, what core may
 * not touch. The last tests break the rules, and see that it is found.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix, relative, sep } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { RULES } from './architecture-rules.ts';

const SRC = fileURLToPath(new URL('../src/', import.meta.url));
const MAX_LINES = 350;
const FORBIDDEN_FOLDERS = /(^|\/)(utils?|helpers?|common|types|misc|lib)(\/|$)/;

/** What each file imports: paths below src for our own files, names for the rest. Types count: they are knowledge, too. */
type Imports = ReadonlyMap<string, readonly string[]>;

const files = readdirSync(SRC, { withFileTypes: true, recursive: true })
  .filter((entry) => entry.isFile())
  .map((entry) => relative(SRC, join(entry.parentPath, entry.name)).split(sep).join('/'));
const textOf = (file: string) => readFileSync(join(SRC, file), 'utf8');

function importsIn(file: string, text: string): string[] {
  // A word in quotes is a name of a command or an option.
  return [...text.matchAll(/(?<!['-])(?:from|import\(|import|createRequire\([^)]*\)\()\s*'([^']+)'/g)].map(
    ([, specifier = '']) => (specifier.startsWith('.') ? posix.join(file, '..', specifier) : specifier),
  );
}

/** Gives a sentence for each import that its folder may not make. */
function forbidden(imports: Imports): string[] {
  return [...imports].flatMap(([file, imported]) => {
    const rule = RULES.find(({ from }) => from.test(file));
    if (rule === undefined) return [`${file} is in no folder that the architecture knows`];
    const wrong = imported.filter((name) => !rule.mayImport.test(name));
    return wrong.map((name) => `${file} must not import ${name}: ${rule.why}`);
  });
}

const ONLY_TYPES = /^\{(?:\s*type [^,}]+,?)+\s*\}/;

/** Gives what comes with a file when it is loaded: without types, and without what it loads later. */
function loadedWith(file: string): string[] {
  const loaded = new Set([file]);
  // A set goes on with what is added to it.
  for (const name of loaded) {
    if (!files.includes(name)) continue;
    for (const [, clause = '', specifier = ''] of textOf(name).matchAll(
      /^(?:import|export) (?!type )([^;]*?)'([^']+)';/gm,
    )) {
      if (ONLY_TYPES.test(clause)) continue;
      loaded.add(specifier.startsWith('.') ? posix.join(name, '..', specifier) : specifier);
    }
  }
  return [...loaded];
}

/** Gives a circle of imports, as `a → b → a`. Absence: null when there is none. */
function circleIn(imports: Imports): string | null {
  const done = new Set<string>();
  const follow = (name: string, way: readonly string[]): string | null => {
    if (way.includes(name)) return [...way.slice(way.indexOf(name)), name].join(' → ');
    if (done.has(name)) return null;
    for (const next of imports.get(name) ?? []) {
      const circle = follow(next, [...way, name]);
      if (circle !== null) return circle;
    }
    done.add(name);
    return null;
  };
  for (const file of imports.keys()) {
    const circle = follow(file, []);
    if (circle !== null) return circle;
  }
  return null;
}

/** Gives which room knows which. A file beside rooms (serve.ts, http/app.ts) counts for itself. */
function roomsOf(imports: Imports): Imports {
  const folders = [...imports.keys()].map(posix.dirname);
  const roomOf = (file: string) => {
    const folder = posix.dirname(file);
    const hasRooms = folder === '.' || folders.some((other) => other.startsWith(`${folder}/`));
    return hasRooms ? file : folder;
  };
  const rooms = new Map<string, string[]>();
  for (const [file, imported] of imports) {
    const room = roomOf(file);
    const others = imported.filter((name) => imports.has(name)).map(roomOf);
    rooms.set(room, [...(rooms.get(room) ?? []), ...others.filter((other) => other !== room)]);
  }
  return rooms;
}

const imports: Imports = new Map(files.map((file) => [file, importsIn(file, textOf(file))]));

describe('architecture', () => {
  test('every import is one that its folder may make', () => {
    assert.ok(files.length > 30, 'the sources were found');
    assert.deepEqual(forbidden(imports), []);
  });

  test('no two files, and no two rooms, know each other, directly or by way of others', () => {
    assert.equal(circleIn(imports), null);
    assert.equal(circleIn(roomsOf(imports)), null);
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
      assert.ok(textOf(file).trimEnd().split('\n').length <= MAX_LINES, `${file} has grown a second subject`);
      assert.doesNotMatch(file, FORBIDDEN_FOLDERS);
    }
  });

  test('files of the package are read by assets.ts only', () => {
    for (const file of files.filter((name) => name !== 'assets.ts')) {
      assert.doesNotMatch(textOf(file), /new URL\([^)]*import\.meta|import\.meta\.(dirname|filename)|__dirname/, file);
    }
  });

  test('a server loads a store, its driver, the console, adoption and tracing only where it is to have them', () => {
    const loaded = loadedWith('serve.ts');
    assert.ok(loaded.includes('http/app.ts') && loaded.includes('stores/open-store.ts'));
    const wanted =
      /^(?:stores\/\w+|adopting|moving|logins|http\/console|cli|workers|doctor)\/|^console\.ts$|^ioredis$|^@opentelemetry\//;
    assert.deepEqual(
      loaded.filter((name) => wanted.test(name)),
      [],
    );
    // Where each of them is asked for.
    assert.ok(loadedWith('stores/redis/redis-store.ts').includes('ioredis'));
  });

  test('a rule that is broken is found', () => {
    for (const rule of RULES.filter(({ never }) => never !== undefined)) {
      const file = files.find((name) => RULES.find(({ from }) => from.test(name)) === rule);
      assert.ok(file, `${rule.from} is a rule for no file`);
      assert.equal(forbidden(new Map([[file, [rule.never!]]])).length, 1, `${rule.from}`);
    }
    assert.equal(forbidden(new Map([['misc/new.ts', []]])).length, 1, 'a folder that nobody knows');
  });

  test('a circle is found', () => {
    const circle = (...pairs: [string, string[]][]) => circleIn(new Map(pairs));
    assert.equal(circle(['a', ['b']], ['b', ['a']]), 'a → b → a');
    assert.equal(circle(['a', ['b', 'c']], ['b', []], ['c', ['d']], ['d', ['c', 'b']]), 'c → d → c');
    assert.equal(circle(['a', ['b', 'c']], ['b', ['c']], ['c', []]), null, 'two ways to one file are no circle');
    const rooms = roomsOf(
      new Map([
        ['x/a.ts', ['y/b.ts']],
        ['y/b.ts', []],
        ['y/c.ts', ['x/d.ts']],
        ['x/d.ts', []],
      ]),
    );
    assert.equal(circleIn(rooms), 'x → y → x', 'of rooms, though not of files');
  });

  test('an import is seen in each of its forms', () => {
    const text = `import { a } from './a.ts'; import type { b } from '../b.ts'; export { c } from 'c'; import 'd';
      export * from './e.ts'; await import('./f.ts'); createRequire(import.meta.url)('g'); type H = import('h').H;`;
    assert.deepEqual(importsIn('x/y.ts', text), ['x/a.ts', 'b.ts', 'c', 'd', 'x/e.ts', 'x/f.ts', 'g', 'h']);
  });
});
