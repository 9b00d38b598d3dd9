/**
 * `npm run fuzz -- lane`: a million requests on the fast lane and on the ordinary way. FUZZ_REQUESTS=N for another number,
 * FUZZ_SEED=N to see a failure again. Not a test file: the hooks of node:test would cost twice what the requests do.
 */
import { compare } from './lane-differential.ts';

/** What the log of a server says is compared after each. */
const SLICE = 20_000;
const seed = Number(process.env.FUZZ_SEED ?? 1);
const wanted = Number(process.env.FUZZ_REQUESTS ?? 1_000_000);
const done = { keys: 0, open: 0 };
let next = seed;
while (done.keys + done.open < wanted) {
  const setup = done.keys <= done.open ? 'keys' : 'open';
  const left = wanted - done.keys - done.open;
  const { requests, conversations } = await compare(setup, next, Math.min(SLICE, left));
  next += conversations;
  done[setup] += requests;
  console.log(
    `${done.keys + done.open} requests (${done.keys} with keys), seeds ${seed} to ${next - 1}: no difference`,
  );
}
