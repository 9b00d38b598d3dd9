/** A real Prometheus (Debian's package) for tests: with the files of deploy/, on a free port, ended with the test. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePorts } from './redis.ts';
import { type Cleanup, lastFirst, temporaryFolder } from './server.ts';
import { until } from './until.ts';

const DEPLOY = fileURLToPath(new URL('../../../../deploy/', import.meta.url));
export const RULES = join(DEPLOY, 'prometheus/rules.yml');

/** Gives a file of deploy/ as text. */
export const deployed = (path: string): string => readFileSync(join(DEPLOY, path), 'utf8');

/** Why its tests cannot run. Absence: false when they can. With CI=true nothing is skipped. */
export function whyNoPrometheus(): string | false {
  const found = ['prometheus', 'promtool'].every((tool) => spawnSync(tool, ['--version']).status === 0);
  return found || process.env.CI === 'true' ? false : 'prometheus is not installed';
}

/** Runs promtool in the folder of the deployed files. */
export function promtool(words: readonly string[], input = ''): { status: number | null; said: string } {
  const { status, stdout, stderr } = spawnSync('promtool', words, {
    ...{ cwd: join(DEPLOY, 'prometheus'), input, encoding: 'utf8' },
  });
  return { status, said: stdout + stderr };
}

export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [at: number, value: string];
}

export class Prometheus {
  readonly url: string;

  constructor(url: string) {
    this.url = url;
  }

  /** Gives what a query answers now. Errors: what is wrong with it. */
  async query(query: string): Promise<Sample[]> {
    return (await this.ask(`/api/v1/query?query=${encodeURIComponent(query)}`)).result as Sample[];
  }

  /** Asks its API, and gives `data` of the answer. Errors: any other answer. */
  // biome-ignore lint/suspicious/noExplicitAny: answers of any shape
  async ask(path: string): Promise<any> {
    const answer = await fetch(`${this.url}${path}`);
    const { status, error, data } = (await answer.json()) as { status: string; error?: string; data?: unknown };
    if (status !== 'success') throw new Error(`${path}: ${error}`);
    return data;
  }
}

/** Starts one with the deployed configuration; only where the server is, and how often it is scraped, differs. */
export async function startPrometheus(cleanup: Cleanup, targets: readonly string[]): Promise<Prometheus> {
  const ending = lastFirst(cleanup);
  const folder = temporaryFolder(ending);
  const configuration = deployed('prometheus/prometheus.yml')
    .replaceAll('15s', '1s')
    .replace("['127.0.0.1:9464']", JSON.stringify(targets));
  writeFileSync(join(folder, 'prometheus.yml'), configuration);
  copyFileSync(RULES, join(folder, 'rules.yml'));
  const [port] = await freePorts(1);
  const child = spawn(
    'prometheus',
    [
      ...[`--config.file=${join(folder, 'prometheus.yml')}`, `--storage.tsdb.path=${join(folder, 'data')}`],
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let output = '';
  child.stderr.on('data', (text) => {
    output += text;
  });
  const ended = once(child, 'close');
  ending.after(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const url = `http://127.0.0.1:${port}`;
  await until(async () => {
    if (child.exitCode !== null) throw new Error(`prometheus ended with ${child.exitCode}: ${output}`);
    return (await fetch(`${url}/-/ready`).catch(() => null))?.ok === true;
  }, 'Prometheus is ready');
  return new Prometheus(url);
}
