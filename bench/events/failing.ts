/** Stores that fail under load, each with a server before it. Another one is a function more. */
import { setTimeout as delay } from 'node:timers/promises';
import { type Running, startServer, temporaryFolder } from '../process.ts';
import type { Bench } from '../workload.ts';

type Cleanups = Pick<Bench, 'after'>;

export interface Failing {
  /** Of the server that answers now. */
  readonly url: () => string;
  /** Lets it fail as it may fail in earnest. Resolves when requests are answered again. */
  readonly fail: () => Promise<void>;
}

/** How a server is set up, whatever its store. */
export type ServerEnvironment = Readonly<Record<string, string>>;

export const FAILING: Readonly<Record<string, (bench: Cleanups, env: ServerEnvironment) => Promise<Failing>>> = {
  /** The server, which is all there is, is killed with -9. */
  embedded: async (bench, env) => {
    const store = `lmdb:${temporaryFolder(bench)}`;
    const start = () => startServer(bench, { store, env });
    let server = await start();
    return {
      url: () => server.url,
      fail: async () => {
        await killed(server);
        server = await start();
      },
    };
  },
};

async function killed({ pids }: Running): Promise<void> {
  const [pid] = pids();
  process.kill(pid!, 'SIGKILL');
  while (isThere(pid!)) await delay(2);
}

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
