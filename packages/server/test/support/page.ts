/**
 * A page of the documentation that is run in a shell, as it is printed: each ```sh block, in order, in one bash. A line that
 * begins with `# ` after a command is what that command prints. White space does not count in it, and … stands for anything.
 * Blocks that are not to be run are marked ```console.
 *
 * Nothing in the text is replaced. The address that pages name leads to the server of the test by curl's own configuration.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Cleanup, MAIN, type ServerProcess, temporaryFolder } from './server.ts';

const execute = promisify(execFile);
/** Where every page says that the server is. */
const SHOWN = '127.0.0.1:3000';

export interface Step {
  /** The section it stands in. */
  readonly section: string;
  readonly commands: string;
  /** What they print. Absence: null where the page shows nothing. */
  readonly shown: string | null;
}

/** Reads the steps of a page of the repository. */
export function readPage(name: string): Step[] {
  const text = readFileSync(new URL(`../../../../${name}`, import.meta.url), 'utf8');
  const steps: Step[] = [];
  let section = '';
  for (const [, heading, block] of text.matchAll(/^## (.+)$|^```sh\n([\s\S]+?)^```$/gm)) {
    if (heading !== undefined) section = heading;
    // Commands up to a line of output, and the lines of output after them.
    for (const [, commands, shown] of (block ?? '').matchAll(/((?:^(?!# ).*\n)+)((?:^# .*\n)*)/gm)) {
      const said = shown!.replaceAll(/^# /gm, '');
      steps.push({ section, commands: commands!, shown: said === '' ? null : said });
    }
  }
  return steps;
}

/** What a page may need beside a server. */
export interface PageOptions {
  /** The home of the shell; it works in `work` below it. Absence: a new one. */
  readonly home?: string;
  /** What the page asks the reader to set, and what its commands read. */
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * Runs all steps of a page in one shell and gives what each printed. `rest-sessions` is the built command there. Errors: when the
 * shell fails.
 */
export async function runPage(
  cleanup: Cleanup,
  server: Pick<ServerProcess, 'port'>,
  steps: readonly Step[],
  { home, env = {} }: PageOptions = {},
): Promise<string[]> {
  const folder = home ?? temporaryFolder(cleanup);
  mkdirSync(join(folder, 'work'), { recursive: true });
  mkdirSync(join(folder, 'bin'), { recursive: true });
  const command = `#!/bin/sh\nexec "${process.execPath}" "${MAIN}" "$@"\n`;
  writeFileSync(join(folder, 'bin', 'rest-sessions'), command, { mode: 0o755 });
  writeFileSync(
    join(folder, '.curlrc'),
    `silent\nshow-error\nconnect-to = "${SHOWN}:127.0.0.1:${server.port}"\nmax-time = 60\n`,
  );
  const end = `== end of step ${folder} ==`;
  const script = steps.map(({ commands }) => `${commands}echo '${end}'\n`).join('');
  const { stdout } = await execute('bash', ['-c', script], {
    cwd: join(folder, 'work'),
    env: {
      PATH: `${join(folder, 'bin')}:${process.env.PATH}`,
      HOME: folder,
      CURL_HOME: folder,
      LC_ALL: 'C.UTF-8',
      ...env,
    },
  });
  const printed = stdout.split(`${end}\n`).slice(0, -1);
  assert.equal(printed.length, steps.length, stdout);
  return printed;
}

/** Checks that a step printed what the page shows. */
export function assertShown({ section, commands, shown }: Step, printed: string): void {
  if (shown === null) {
    assert.equal(printed, '', `${section}: the page does not show what this prints: ${commands}`);
    return;
  }
  const bare = (text: string) => text.replaceAll(/\s+/g, '');
  const pattern = bare(shown)
    .replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
    .replaceAll('…', '.+');
  assert.match(bare(printed), new RegExp(`^${pattern}$`, 's'), `${section}: ${commands}`);
}
