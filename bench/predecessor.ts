/**
 * The predecessor's stack as a peer: what it needs is installed from its own lockfile when a workload first asks for it,
 * without install scripts. It is no workspace: nobody who only runs the server gets its 80 packages.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Running, startPeer } from './process.ts';
import type { Bench } from './workload.ts';

export const PREDECESSOR = new URL('./peers/predecessor/', import.meta.url);

/** Starts it on the Redis of a port. */
export function startPredecessor(bench: Pick<Bench, 'after'>, redisPort: number): Promise<Running> {
  installPredecessor();
  return startPeer(bench, 'predecessor/server.mjs', { REDIS_PORT: `${redisPort}` });
}

export function installPredecessor(): void {
  installPeer(PREDECESSOR);
}

/** Installs what the lockfile of a peer's folder says, unless that is there. Errors: what npm says. */
export function installPeer(folder: URL): void {
  const wanted = readFileSync(new URL('package-lock.json', folder), 'utf8');
  const installed = new URL('node_modules/.installed', folder);
  if (existsSync(installed) && readFileSync(installed, 'utf8') === wanted) return;
  const npm = spawnSync('npm', ['ci', '--ignore-scripts', '--loglevel=error'], {
    cwd: fileURLToPath(folder),
    encoding: 'utf8',
  });
  if (npm.status !== 0) throw new Error(`npm ci in ${folder.pathname} failed:\n${npm.stdout}${npm.stderr}`);
  writeFileSync(installed, wanted);
}
