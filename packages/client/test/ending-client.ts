/**
 * A process that ends sessions, for tests of those that do not: it gets `[token, …]` as lines, ends them by their tokens, and says for
 * each line when the server had done it, in milliseconds of the clock of the machine. Arguments: the URL and the app.
 */
import { createInterface } from 'node:readline';
import { SessionClient } from '../src/index.ts';

const [url, app] = process.argv.slice(2) as [string, string];
const sessions = new SessionClient({ url, app, timeout: 20_000 });
for await (const line of createInterface({ input: process.stdin })) {
  const tokens: string[] = JSON.parse(line);
  const done = await Promise.all(tokens.map(async (token) => [token, await sessions.revoke(token), Date.now()]));
  console.log(JSON.stringify(done));
}
