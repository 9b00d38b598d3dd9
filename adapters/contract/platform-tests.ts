/**
 * Runs a platform's own tools and tests as tests of ours, so that `npm test` counts each of them: linters and type checks by their
 * exit code, tests from the reports that the platform's test runner writes.
 *
 * A toolchain that is missing leaves its adapter out with one loud line, and is a failure where CI=true.
 */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startServers } from './with-servers.mjs';

/** A program and its arguments, in the adapter's folder. */
export type Command = readonly [program: string, ...args: string[]];

export interface Platform {
  /** As its users call it. */
  readonly name: string;
  /** The adapter's folder. */
  readonly folder: URL;
  /** Programs that must be there, each with a question that it answers with exit code 0. */
  readonly tools: readonly Command[];
  /** What installs what the tests need into ignored folders, quickly when it is there. */
  readonly prepare?: readonly Command[];
  /** Linters, formatters, type checks, builds, by name. */
  readonly checks: Readonly<Record<string, Command>>;
  /** What runs the tests, and the files it reports to: JUnit's XML, or the JSON lines of `go test -json`. A folder stands for all XML files in it. */
  readonly tests: readonly {
    readonly command: Command;
    readonly report: string;
    readonly env?: Readonly<Record<string, string>>;
  }[];
}

export interface Outcome {
  readonly name: string;
  readonly outcome: 'passed' | 'failed' | 'skipped';
  /** What the runner said of it. */
  readonly said: string;
}

export function platformTests({ name, folder, tools, prepare = [], checks, tests }: Platform): void {
  const cwd = fileURLToPath(folder);
  const missing = tools.filter(([program, ...args]) => spawnSync(program, args, { cwd }).status !== 0);
  if (missing.length > 0) {
    const line = `${name} is left out: ${missing.map((tool) => tool.join(' ')).join(', ')} does not work here`;
    console.log(`!!! ${line}`);
    test(`the adapter for ${name}`, { skip: process.env.CI !== 'true' && line }, () => assert.fail(line));
    return;
  }
  describe(`the adapter for ${name}`, () => {
    test('what its tests need can be installed', async () => {
      for (const command of prepare) await succeed(command, cwd);
    });
    for (const [check, command] of Object.entries(checks)) test(check, () => succeed(command, cwd));
    for (const { command, report, env } of tests) {
      test(command.join(' '), async (t) => {
        const path = join(cwd, report);
        rmSync(path, { recursive: true, force: true });
        const servers = await startServers();
        const { code, output } = await run(command, cwd, { ...servers.env, ...env }).finally(servers.close);
        const outcomes = outcomesOf(path, output);
        for (const { name: of, outcome, said } of outcomes)
          await t.test(of, { skip: outcome === 'skipped' && said }, () => assert.equal(outcome, 'passed', said));
        assert.ok(outcomes.length > 0, `it told of no test:\n${output}`);
        if (code !== 0 && outcomes.every(({ outcome }) => outcome !== 'failed'))
          assert.fail(`it ended with ${code}:\n${output}`);
      });
    }
  });
}

async function succeed(command: Command, cwd: string): Promise<void> {
  const { code, output } = await run(command, cwd);
  assert.equal(code, 0, `${command.join(' ')}:\n${output}`);
}

function run([program, ...args]: Command, cwd: string, env: Readonly<Record<string, string>> = {}) {
  // What runs under node:test would otherwise report to it.
  const { NODE_TEST_CONTEXT: _, ...own } = process.env;
  const child = spawn(program, args, { cwd, env: { ...own, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
    });
  return new Promise<{ code: number | null; output: string }>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output }));
  });
}

function outcomesOf(path: string, output: string): Outcome[] {
  if (!existsSync(path)) return path.endsWith('.json') ? fromGo(output) : [];
  if (path.endsWith('.json')) return fromGo(readFileSync(path, 'utf8'));
  const files = path.endsWith('.xml') ? [path] : readdirSync(path).map((file) => join(path, file));
  return files.filter((file) => file.endsWith('.xml')).flatMap((file) => fromJUnit(readFileSync(file, 'utf8')));
}

/** Reads what JUnit, PHPUnit, pytest and others write. */
export function fromJUnit(xml: string): Outcome[] {
  const cases = xml.matchAll(/<testcase\b((?:"[^"]*"|[^">])*?)(?:\/>|>([\s\S]*?)<\/testcase>)/g);
  return [...cases].map(([, attributes = '', inside = '']) => {
    const of = (name: string) => plain(new RegExp(`\\b${name}="([^"]*)"`).exec(attributes)?.[1] ?? '');
    const [, kind] = /<(failure|error|skipped)\b/.exec(inside) ?? [];
    const outcome = kind === undefined ? 'passed' : kind === 'skipped' ? 'skipped' : 'failed';
    const name = [of('classname'), of('name')].filter(Boolean).join(' > ');
    return { name, outcome, said: plain(inside.replaceAll(/<[^>]*>/g, ' ')).trim() || plain(inside).trim() };
  });
}

/** Reads the lines of `go test -json`. */
export function fromGo(lines: string): Outcome[] {
  const said = new Map<string, string>();
  const outcomes: Outcome[] = [];
  for (const line of lines.split('\n').filter((text) => text.startsWith('{'))) {
    const { Action, Package, Test, Output = '' } = JSON.parse(line);
    if (Test === undefined) continue;
    const name = `${Package} > ${Test}`;
    if (Action === 'output') said.set(name, (said.get(name) ?? '') + Output);
    const outcome = { pass: 'passed', fail: 'failed', skip: 'skipped' }[Action as string];
    if (outcome !== undefined)
      outcomes.push({ name, outcome: outcome as Outcome['outcome'], said: said.get(name) ?? '' });
  }
  return outcomes;
}

function plain(text: string): string {
  const signs: Record<string, string> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };
  return text.replaceAll(/&(?:(lt|gt|quot|apos|amp)|#(\d+)|#x([0-9a-f]+));/gi, (_all, name, decimal, hex) =>
    name !== undefined
      ? signs[name.toLowerCase()]!
      : String.fromCodePoint(Number.parseInt(decimal ?? hex, decimal ? 10 : 16)),
  );
}
