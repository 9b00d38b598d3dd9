/**
 * Another process on a store (verbs.ts): calls the verbs that it is told, a line of JSON each, and answers with a line. Its third
 * argument: what is kept of all apps beside their sessions, as JSON.
 */
import { createInterface } from 'node:readline';
import type { JournalRules } from '../../src/core/events.ts';
import { openStore } from '../../src/stores/open-store.ts';

async function main(): Promise<void> {
  const [url, namespace, kept] = process.argv.slice(2) as [string, string, string];
  const rules = JSON.parse(kept) as JournalRules | null;
  const onError = (error: unknown) => {
    throw error;
  };
  const options = { namespace, clock: Date.now, timeout: 30_000, redis: { wait: 0 }, onError, journal: () => rules };
  const { store } = await openStore(url, options);
  console.log('ready');
  for await (const line of createInterface({ input: process.stdin })) {
    const { nth, verb, args } = JSON.parse(line) as {
      nth: number;
      verb: 'install' | 'create' | 'revoke' | 'sweep';
      args: unknown[];
    };
    const call = store[verb] as (...args: unknown[]) => Promise<unknown>;
    void call.apply(store, args).then((answer) => console.log(JSON.stringify({ nth, answer })));
  }
  await store.close();
}

void main();
