/** The fast lane does what the ordinary way does: a few random conversations, the same in each run. See lane-fuzz.ts for more. */
import { test } from 'node:test';
import { compare } from './lane-differential.ts';

for (const setup of ['keys', 'open'] as const) {
  test(`the fast lane and the ordinary way say and do the same (${setup})`, async (t) => {
    const { requests, conversations } = await compare(setup, 1, 1500);
    t.diagnostic(`${requests} requests in ${conversations} conversations`);
  });
}
