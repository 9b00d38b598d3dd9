// Ends the sessions whose tokens come as lines, so many a second, and says of each when it had the answer, in milliseconds since the
// epoch. Arguments: the URL, the app, how many a second.
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { SessionClient } from 'rest-sessions-client';

const [url, app, perSecond] = process.argv.slice(2);
const sessions = new SessionClient({ url, app, timeout: 20_000 });
const began = performance.now();
let count = 0;
for await (const token of createInterface({ input: process.stdin })) {
  const early = began + (count++ * 1000) / Number(perSecond) - performance.now();
  if (early > 1) await delay(early);
  await sessions.revoke(token);
  console.log(JSON.stringify([token, performance.timeOrigin + performance.now()]));
}
