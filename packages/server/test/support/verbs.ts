/** A process of its own on a store, whose verbs a test calls (verb-process.ts). */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { JournalRules } from '../../src/core/events.ts';
import type { Cleanup } from './server.ts';

export type Verb = 'install' | 'create' | 'revoke' | 'sweep';

const EVENTS: JournalRules = { events: true, updates: false, history: null };

export interface Verbs {
  readonly call: <A>(verb: Verb, ...args: unknown[]) => Promise<A>;
  /** Ends it as a crash does, and resolves when it is gone. What was called and not answered is never answered. */
  readonly kill: () => Promise<void>;
}

/** `journal`: whether its apps have one, or what is kept of each. */
export async function startVerbs(
  t: Cleanup,
  url: string,
  namespace: string,
  journal: boolean | JournalRules = false,
): Promise<Verbs> {
  const script = fileURLToPath(new URL('verb-process.ts', import.meta.url));
  const rules = journal === true ? EVENTS : journal || null;
  const args = [script, url, namespace, JSON.stringify(rules)];
  const child = spawn(process.execPath, ['--import', 'tsx', ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  // It may be killed while it is told something.
  child.stdin.on('error', () => {});
  const kill = async () => {
    child.kill('SIGKILL');
    await exited;
  };
  t.after(kill);
  const lines = createInterface({ input: child.stdout });
  await once(lines, 'line');
  const waiting = new Map<number, (answer: never) => void>();
  lines.on('line', (line) => {
    const { nth, answer } = JSON.parse(line) as { nth: number; answer: never };
    waiting.get(nth)?.(answer);
    waiting.delete(nth);
  });
  let last = 0;
  return {
    kill,
    call: <A>(verb: Verb, ...args: unknown[]): Promise<A> => {
      const nth = ++last;
      const answer = new Promise<A>((done) => void waiting.set(nth, done as (answer: never) => void));
      child.stdin.write(`${JSON.stringify({ nth, verb, args })}\n`);
      return answer;
    },
  };
}
