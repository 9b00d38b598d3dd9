/**
 * What one framework keeps is there, unchanged, after another has changed something else: over all pairs. And docs/platforms/data.md
 * says of each language what happens: its tables are run.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startServers } from '../with-servers.mjs';

type Command = readonly [string, ...string[]];
interface Program {
  readonly frameworks: readonly string[];
  /** Answered by exit code 0 where it can run. */
  readonly tool: Command;
  readonly prepare?: Command;
  readonly command: Command;
}

interface Answer {
  readonly token?: string;
  readonly faults?: Readonly<Record<string, string>>;
  readonly error?: string;
}

const here = (path: string) => fileURLToPath(new URL(`../round-trip/${path}`, import.meta.url));
const adapters = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const PYTHON = adapters('python/.venv/bin/python');

const PROGRAMS: Readonly<Record<string, Program>> = {
  JavaScript: {
    frameworks: ['Express', 'Hono'],
    tool: ['test', '-d', adapters('../packages/client/test/frameworks/node_modules/hono')],
    command: [process.execPath, here('node.mjs')],
  },
  PHP: {
    frameworks: ['PHP'],
    tool: ['php', '-r', 'exit((int) !extension_loaded("curl"));'],
    // Its standard input is a socket here, from which it reads for a minute: the other programs may take longer to be made.
    command: ['php', '-d', 'default_socket_timeout=-1', here('php.php')],
  },
  Python: {
    frameworks: ['Django', 'Flask', 'Starlette'],
    tool: ['python3', '-c', 'import venv, ensurepip'],
    prepare: ['python3', adapters('python/prepare.py'), '--frameworks'],
    command: ['env', `PYTHONPATH=${adapters('python/src')}`, PYTHON, here('python.py')],
  },
  Ruby: {
    frameworks: ['Rack', 'Rails'],
    tool: ['ruby', '-e', 'require "rack"; require "rails"'],
    command: ['ruby', here('ruby.rb')],
  },
  Go: {
    frameworks: ['scs', 'gorilla'],
    tool: ['go', 'version'],
    prepare: ['go', 'build', '-C', here('go'), '-o', here('go/build/round-trip'), '.'],
    command: [here('go/build/round-trip')],
  },
  Java: {
    frameworks: ['Spring', 'servlets'],
    tool: ['sh', '-c', 'javac --release 17 --version'],
    // Without Maven, which may be at work on the same folder.
    prepare: [
      'sh',
      '-ec',
      `javac -encoding UTF-8 -d "$0/build" $(find "$1" -name '*.java') "$0/RoundTrip.java"`,
      here('java'),
      adapters('java/client/src/main/java'),
    ],
    command: ['java', '-cp', here('java/build'), 'RoundTrip'],
  },
};

/** What a program has no value for, because its language has no such thing, or because it would be another of them. */
const HAS_NOT: Readonly<Record<string, readonly string[]>> = {
  JavaScript: ['integer beyond 2^53', 'integer beyond 2^64'],
  PHP: ['integer beyond 2^64'],
  Go: ['order of members'],
  // For Rack and for servlets a key that is nil or null is not there.
  Ruby: ['null'],
  Java: ['null'],
};

const NAMES = [
  'integer beyond 2^53',
  'integer beyond 2^64',
  'whole float',
  'whole number',
  'negative zero',
  'empty list',
  'empty map',
  'empty in a nest',
  'order of members',
  'null',
  'astral text',
  'half of a character',
  'bytes',
  'instant',
];

/** A program that is running: orders in, answers out, one after the other. */
class Running {
  readonly child: ChildProcess;
  private readonly lines: AsyncIterator<string>;
  private last: Promise<unknown> = Promise.resolve();
  private said = '';

  constructor([program, ...args]: Command) {
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    this.child = spawn(program, args, { env, stdio: ['pipe', 'pipe', 'pipe'] });
    this.child.stderr!.on('data', (chunk) => (this.said += chunk));
    this.lines = createInterface({ input: this.child.stdout! })[Symbol.asyncIterator]();
  }

  order(order: object): Promise<Answer> {
    const answer = this.last.then(async () => {
      this.child.stdin!.write(`${JSON.stringify(order)}\n`);
      const { value, done } = await this.lines.next();
      if (done) {
        const { exitCode, signalCode, spawnargs } = this.child;
        throw new Error(`${spawnargs.join(' ')} ended (${signalCode ?? exitCode ?? 'only its output'}): ${this.said}`);
      }
      return JSON.parse(value) as Answer;
    });
    this.last = answer.catch(() => undefined);
    return answer;
  }

  async end(): Promise<void> {
    const ended = this.child.exitCode === null ? once(this.child, 'exit') : undefined;
    this.child.stdin!.end();
    await ended;
  }
}

/** Reads a table of docs/platforms/data.md: the cells of each row by the heading of their column. */
function tableUnder(heading: string): { readonly row: string; readonly cells: ReadonlyMap<string, string> }[] {
  const text = readFileSync(new URL('../../../docs/platforms/data.md', import.meta.url), 'utf8');
  const [, section = ''] = text.split(`## ${heading}\n`);
  const lines = section
    .split('\n## ')[0]!
    .split('\n')
    .filter((line) => line.startsWith('|'));
  const [head, , ...rows] = lines.map((line) =>
    line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  );
  assert.ok(head !== undefined && rows.length > 0, `docs/platforms/data.md has a table under "${heading}"`);
  return rows.map(([row, ...cells]) => ({ row: row!, cells: new Map(cells.map((cell, i) => [head[i + 1]!, cell])) }));
}

describe('round trips', () => {
  const programs = new Map<string, Running>();
  let url: string;
  let close: () => Promise<void>;

  before(async () => {
    const servers = await startServers();
    url = servers.env.REST_SESSIONS_EMBEDDED!;
    close = servers.close;
    for (const [language, { frameworks, tool, prepare, command }] of Object.entries(PROGRAMS)) {
      if (spawnSync(tool[0], tool.slice(1)).status !== 0) {
        const line = `${language} is left out of the round trips: ${tool.join(' ')} does not work here`;
        assert.notEqual(process.env.CI, 'true', line);
        console.log(`!!! ${line}`);
        continue;
      }
      if (prepare !== undefined) {
        const { status, stderr } = spawnSync(prepare[0], prepare.slice(1), { encoding: 'utf8' });
        assert.equal(status, 0, stderr);
      }
      const running = new Running(command);
      for (const framework of frameworks) programs.set(framework, running);
    }
  });
  after(async () => {
    await Promise.all([...new Set(programs.values())].map((program) => program.end()));
    await close?.();
  });

  const languageOf = (framework: string) =>
    Object.entries(PROGRAMS).find(([, { frameworks }]) => frameworks.includes(framework))![0];
  const namesOf = (framework: string) => NAMES.filter((name) => !HAS_NOT[languageOf(framework)]?.includes(name));

  async function visit(framework: string, order: Record<string, unknown>): Promise<Answer> {
    const { token = null } = order;
    return programs.get(framework)!.order({ framework, url, app: 'trips', ...order, token });
  }

  async function mustVisit(
    framework: string,
    order: Record<string, unknown>,
  ): Promise<Required<Omit<Answer, 'error'>>> {
    const { token, faults = {}, error } = await visit(framework, order);
    assert.equal(error, undefined, `${framework}: ${JSON.stringify(order)}`);
    assert.ok(token, `${framework} has a session`);
    return { token, faults };
  }

  const PATH = '/v1/apps/trips/session';

  /** Gives the data of a session as the server has it: the text of each key. */
  async function textsOf(token: string): Promise<Map<string, string>> {
    const answer = await fetch(`${url}${PATH}`, { headers: { 'Session-Token': token } });
    const text = await answer.text();
    assert.equal(answer.status, 200, text);
    return membersOf(text, text.indexOf('"data":{') + '"data":'.length);
  }

  /** Begins a session whose data is one key, as this text. */
  async function sessionWith(key: string, text: string): Promise<string> {
    const body = `{"data":{"${key}":${text}}}`;
    const headers = { 'Content-Type': 'application/json' };
    const answer = await fetch(`${url}${PATH}s`, { method: 'POST', headers, body });
    assert.equal(answer.status, 201, text);
    return ((await answer.json()) as { token: string }).token;
  }

  /** What a framework makes of a value of its own: `kept`, `error`, or what it is when it is read again. */
  async function fate(framework: string, name: string): Promise<string> {
    const { token, error } = await visit(framework, { do: 'write', names: [name] });
    if (error !== undefined || token === undefined) return 'error';
    const { faults } = await mustVisit(framework, { do: 'check', names: [name], token });
    return faults[name] ?? 'kept';
  }

  test('a value is kept with its type, or is an error: docs/platforms/data.md says where', async () => {
    const table = tableUnder('Values of a language');
    for (const framework of programs.keys()) {
      const row = table.find((each) => each.row === framework);
      assert.ok(row !== undefined, `docs/platforms/data.md has a row for ${framework}`);
      for (const name of NAMES) {
        const said: string = row.cells.get(name) ?? 'kept';
        const has = namesOf(framework).includes(name);
        if (!has) assert.ok(!row.cells.has(name) || said === '–', `${framework} has no ${name}`);
        else {
          const found = await fate(framework, name);
          const wanted: string = said.startsWith('`') ? said.slice(1, -1) : said;
          assert.equal(found, wanted, `${name} in ${framework}`);
        }
      }
    }
  });

  test('A writes, B reads all of it and writes another key, A finds its values unchanged, for all A and B', async () => {
    for (const a of programs.keys()) {
      const said = tableUnder('Values of a language').find(({ row }) => row === a)!.cells;
      const names = namesOf(a).filter((name) => (said.get(name) ?? 'kept') === 'kept');
      const { token } = await mustVisit(a, { do: 'write', names });
      for (const b of programs.keys()) {
        const before = await textsOf(token);
        const key = `by ${b}`;
        const after = await mustVisit(b, { do: 'add', key, token });
        assert.equal(after.token, token);
        const texts = await textsOf(token);
        assert.equal(texts.get(key), '1', `${b} has written`);
        for (const [name, text] of before) assert.equal(texts.get(name), text, `"${name}" of ${a} after ${b}`);
        const { faults } = await mustVisit(a, { do: 'check', names, token });
        assert.deepEqual(faults, {}, `what ${a} finds after ${b}`);
      }
    }
  });

  test('a value that a page writes again becomes what docs/platforms/data.md says', async () => {
    for (const { row, cells } of tableUnder('A value that a page writes again')) {
      const text = row.slice(1, row.lastIndexOf('`'));
      for (const [language, said] of cells) {
        const wanted = said === 'the same' ? text : said.slice(1, -1);
        for (const framework of PROGRAMS[language]!.frameworks.filter((name) => programs.has(name))) {
          const token = await sessionWith('value', text);
          await mustVisit(framework, { do: 'copy', key: 'value', token });
          const texts = await textsOf(token);
          assert.equal(texts.get('value'), text, `${framework} leaves ${text} as it is`);
          assert.equal(texts.get('copy'), `[${wanted}]`, `${text} in ${framework}`);
        }
      }
    }
  });
});

/** Takes the object that begins at a place in a text of JSON apart: the text of each member. */
function membersOf(text: string, begin: number): Map<string, string> {
  const members = new Map<string, string>();
  let at = begin + 1;
  while (text[at] !== '}') {
    const colon = endOf(text, at);
    const end = endOf(text, colon + 1);
    members.set(JSON.parse(text.slice(at, colon)), text.slice(colon + 1, end));
    at = text[end] === ',' ? end + 1 : end;
  }
  return members;
}

/** Gives where the value ends that begins at a place in a text of JSON without white space. */
function endOf(text: string, begin: number): number {
  let depth = 0;
  for (let at = begin; ; at++) {
    if (text[at] === '"') at = /"(?:[^"\\]|\\.)*"/y.exec(text.slice(at))![0].length + at - 1;
    else if (depth === 0 && ',:}]'.includes(text[at]!)) return at;
    if ('[{'.includes(text[at]!)) depth++;
    if (']}'.includes(text[at]!)) depth--;
  }
}
