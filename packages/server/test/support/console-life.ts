/**
 * A console that looks as after days of use: an app with some hundred sessions, who logs in by the hour of the day, what support has ended and
 * why, a receiver of webhooks that was away. All of it happens in a real server whose clock is set; only chance has a seed.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { AGENTS, type ConsoleServer, create, type Made, startConsole } from './console.ts';
import { drivenClock } from './driven-clock.ts';
import type { Cleanup } from './server.ts';
import { until } from './until.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Logins in an hour of the day, as a shop has them. */
const BY_HOUR = [4, 2, 1, 1, 1, 2, 4, 7, 9, 9, 8, 8, 9, 8, 7, 8, 9, 11, 13, 14, 13, 11, 8, 6] as const;

const NAMES = [
  'anna.berg',
  'ben.oduya',
  'chloe.martin',
  'dmitri.petrov',
  'emine.yilmaz',
  'felix.wagner',
  'grace.lee',
  'hugo.silva',
  'ines.costa',
  'jonas.weber',
  'kira.nilsson',
  'luca.rossi',
  'maya.patel',
  'noah.fischer',
  'olga.kovacs',
  'pavel.novak',
] as const;
/** Whose devices the pictures show. */
export const SUBJECT = 'anna.berg@example.com';

const DEVICES = [
  [AGENTS.firefox, 'Work laptop'],
  [AGENTS.safari, 'iPhone'],
  [AGENTS.chrome, 'MacBook'],
  [AGENTS.edge, null],
  [AGENTS.android, 'Pixel 9'],
  [AGENTS.program, 'Shop app'],
] as const;

export interface Life extends ConsoleServer {
  /** Sessions of SUBJECT that are there, the first one begun first. */
  readonly own: readonly Made[];
}

export async function startLife(cleanup: Cleanup): Promise<Life> {
  const clock = drivenClock(cleanup, -9 * DAY);
  let isAway = true;
  let asked = 0;
  const server = await startConsole(cleanup, {
    env: { ...clock.env, RS_SWEEP_INTERVAL: '1' },
    answering: () => {
      asked++;
      return isAway ? 503 : 200;
    },
    shop: { idleTimeout: 2 * 86_400, maxSessionsPerSubject: 12 },
  });
  const chance = seeded(20);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(chance() * list.length)]!;
  const session = (subject: string, device: (typeof DEVICES)[number] = pick(DEVICES)) => ({
    subject,
    userAgent: device[0],
    ...(device[1] !== null && { label: device[1] }),
    ip: `198.51.100.${1 + Math.floor(chance() * 250)}`,
    data: { cart: ['book'], theme: 'light' },
  });
  const person = () => `${pick(NAMES)}@example.com`;

  // A receiver that is away for days leaves dead letters. What happens meanwhile makes the server look at what is due.
  const letters = async () =>
    (await server.call('GET', '/apps/shop/webhooks/mail/dead-letters')).json.deadLetters.length;
  for (let day = 9; day > 1.5 && (await letters()) < 2; day -= 0.5) {
    await clock.set(-day * DAY);
    const before = asked;
    await create(server, session(person()));
    await until(() => asked > before);
  }
  isAway = false;

  const living: Made[] = [];
  const own: Made[] = [];
  const step = async (skew: number, logins: number) => {
    await clock.set(skew);
    for (let i = 0; i < logins; i++) living.push(await create(server, session(person())));
    // Most log out some time, some are ended by support.
    for (let i = 0; i < logins * 0.55 && living.length > 20; i++) {
      const [{ id, token }] = living.splice(Math.floor(chance() * living.length), 1) as [Made];
      const kind = chance();
      if (kind < 0.8) await server.send('DELETE', '/v1/apps/shop/session', 'admin', { 'Session-Token': token });
      else
        await server.send(
          'DELETE',
          `/v1/apps/shop/sessions/${id}?reason=${encodeURIComponent(pick(REASONS))}`,
          'support',
        );
    }
  };
  for (let skew = -28 * HOUR; skew < -70 * MINUTE; skew += 15 * MINUTE) {
    const hour = new Date(Date.now() + skew).getUTCHours();
    await step(skew, Math.round((BY_HOUR[hour]! / 2) * (0.6 + 0.8 * chance())));
    if (own.length < 5 && -skew < (26 - own.length * 5) * HOUR)
      own.push(await create(server, session(SUBJECT, DEVICES[own.length]!)));
  }
  const ended = await create(server, session(SUBJECT, DEVICES[5]));
  for (let skew = -65 * MINUTE; skew < -MINUTE; skew += MINUTE) {
    await step(skew, Math.floor(chance() * 1.9));
    if (skew === -40 * MINUTE)
      await server.send(
        'DELETE',
        `/v1/apps/shop/sessions/${ended.id}?reason=${encodeURIComponent('phone lost, ticket 4711')}`,
        'support',
      );
    if (skew === -25 * MINUTE) await reload(server);
    if (skew === -12 * MINUTE)
      await server.send('GET', '/v1/apps/shop/session', 'admin', { 'Session-Token': own[1]!.token });
  }
  await server.send(
    'DELETE',
    `/v1/apps/shop/subjects/${encodeURIComponent('pavel.novak@example.com')}/sessions?reason=${encodeURIComponent('account taken over')}`,
    'support',
  );
  for (let i = 0; i < 12; i++) await create(server, session(person()), 'blog');
  await clock.set(0);
  return { ...server, own };
}

const REASONS = [
  'asked for by the customer',
  'phone lost',
  'suspicious login',
  'password changed',
  'shared computer',
] as const;

/** A changed policy, so that there is something to tell of the last reload. */
async function reload(server: ConsoleServer): Promise<void> {
  const policy = JSON.parse(readFileSync(server.policyFile, 'utf8'));
  policy.apps.shop.maxSessionsPerSubject = 10;
  writeFileSync(server.policyFile, JSON.stringify(policy, null, 2));
  server.child.kill('SIGHUP');
  await until(
    () => server.output().includes('maxSessionsPerSubject: 12 → 10'),
    () => server.output(),
  );
}

/** Gives the same numbers from 0 to 1 in each run (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
