/** A server of several workers, and what its log tells of them. */
import { type Cleanup, type ServerProcess, startServer } from './server.ts';
import { until } from './until.ts';

export interface WorkersProcess extends ServerProcess {
  /** The lines of its log so far, without what is no JSON. */
  readonly lines: () => Record<string, unknown>[];
  /** The process ids of the first workers, by their numbers from 1 on. */
  readonly workers: readonly number[];
  /** Resolves with the first line that has these members, once it is there. `after`: lines before it do not count. */
  readonly said: (members: Record<string, unknown>, after?: number) => Promise<Record<string, unknown>>;
}

/** Starts a server with so many workers and resolves when all of them listen. */
export async function startWorkers(
  cleanup: Cleanup,
  count: number,
  env: Record<string, string> = {},
): Promise<WorkersProcess> {
  const server = await startServer(cleanup, { ...env, RS_WORKERS: `${count}` });
  const lines = () =>
    server
      .output()
      .split('\n')
      .filter((line) => line.startsWith('{') && line.endsWith('}'))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  const said = async (members: Record<string, unknown>, after = 0) => {
    const find = () =>
      lines()
        .slice(after)
        .find((line) => Object.entries(members).every(([name, value]) => line[name] === value));
    await until(
      () => find() !== undefined,
      () => `${JSON.stringify(members)} in: ${server.output()}`,
    );
    return find()!;
  };
  const { workers } = await said({ msg: 'listening' });
  return { ...server, lines, said, workers: workers as number[] };
}
