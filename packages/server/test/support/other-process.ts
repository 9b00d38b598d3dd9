/** Another process on a store, which calls its verbs: races are between processes, as they are between servers. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { JournalRules } from '../../src/core/events.ts';
import type { Cleanup } from './server.ts';

export interface OtherProcess {
  /** Resolves with the answer. Never when the process dies before. */
  readonly call: <A>(verb: 'install' | 'create' | 'revoke' | 'sweep', ...args: unknown[]) => Promise<A>;
  /** Resolves when it is gone. */
  readonly kill: () => Promise<void>;
}

/** Starts one. It ends with the test. `rules`: what is kept of all apps beside their sessions. */
export async function startOther(
  t: Cleanup,
  url: string,
  namespace: string,
  rules: JournalRules | null = null,
): Promise<OtherProcess> {
  const script = fileURLToPath(new URL('verb-process.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', script, url, namespace, JSON.stringify(rules)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const kill = async () => {
    child.kill('SIGKILL');
    await exited;
  };
  t.after(kill);
  // What is still asked when it dies has nobody to read it.
  child.stdin.on('error', () => {});
  const lines = createInterface({ input: child.stdout });
  await once(lines, 'line');
  const waiting = new Map<number, (answer: never) => void>();
  lines.on('line', (line) => {
    const { nth, answer } = JSON.parse(line) as { nth: number; answer: never };
    waiting.get(nth)?.(answer);
    waiting.delete(nth);
  });
  let last = 0;
  const call = <A>(verb: string, ...args: unknown[]): Promise<A> => {
    const nth = ++last;
    const answer = new Promise<A>((done) => void waiting.set(nth, done as (answer: never) => void));
    child.stdin.write(`${JSON.stringify({ nth, verb, args })}\n`);
    return answer;
  };
  return { call, kill };
}
