/** The versions of Node that the bench measures on beside its own: those that the tests install (scripts/runtimes). */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const FOLDER = new URL('../scripts/runtimes/', import.meta.url);
const VERSIONS = ['22', '24', '26'];
/** The version that runs the bench. */
export const OWN = process.versions.node.split('.', 1)[0]!;

export interface Runtime {
  /** The major version: `24`. */
  readonly version: string;
  /** Path of the program. */
  readonly node: string;
}

/** Gives the runtimes that are here, the bench's own first; says what is missing. */
export function runtimes(miss: (line: string) => void): Runtime[] {
  const others = VERSIONS.filter((version) => version !== OWN).map((version) => ({ version, node: program(version) }));
  if (!others.every(({ node }) => existsSync(node)) && process.env.RS_TEST_INSTALL !== 'no') install();
  for (const { version, node } of others) {
    if (!existsSync(node)) miss(`Node ${version} is left out: not installed (npm ci --prefix scripts/runtimes)`);
  }
  return [{ version: OWN, node: process.execPath }, ...others.filter(({ node }) => existsSync(node))];
}

function program(version: string): string {
  return fileURLToPath(new URL(`node_modules/node-${version}/bin/node`, FOLDER));
}

function install(): void {
  spawnSync('npm', ['ci', '--loglevel=error', '--prefix', fileURLToPath(FOLDER)], { stdio: 'ignore' });
}
