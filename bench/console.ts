/**
 * `npm run console-figures`: the console in a real Chromium beside a million sessions, on each store. How long from a search to the devices
 * on the screen, from nothing to the first paint, how smooth with 5,000 events a minute: one store after the other, for these are times.
 * Then what becomes of the page's memory while events come: on all stores at once, for an hour with them is an hour. Writes
 * bench/results/console.json. `--sessions N`, `--minutes N` (of events, up to 60), `--seconds N` (of frames), `--store NAME`,
 * `--only times` or `--only memory`: times need a machine with nothing else to do, memory does not. Only a part that has all stores, with a
 * million, is kept.
 * Exit code 0: everything was measured. 1: it could not be. 2: wrong use.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import type { Browser, Page } from 'playwright-core';
import { hashKey, newKey } from '../packages/server/src/keys/format.ts';
import { launchChromium } from '../packages/server/test/support/chromium.ts';
import { EVENTS_A_MINUTE, framesOf, heapOf, startEvents } from './console/live.ts';
import { keepConsole } from './console/results.ts';
import { fillEmbedded, fillOurs } from './fill.ts';
import { describeMachine } from './machine.ts';
import { startServer, temporaryFolder } from './process.ts';
import { startRedis } from './redis.ts';
import { APP, DATA } from './sessions.ts';
import { table } from './table.ts';
import type { Bench, Finding } from './workload.ts';

const STORES = ['embedded', 'Redis'] as const;
type StoreName = (typeof STORES)[number];
const PARTS = ['times', 'memory'] as const;

const MILLION = 1_000_000;
const PER_USER = 4;
/** How often each is measured: of a search one person in twenty waits longer than the p95. */
const TIMES = { search: 100, paint: 30 } as const;
/** Of the design. Units: milliseconds, frames a second, bytes. */
const GOALS = { search: 100, paint: 1000, frames: 55, bundle: 80_000, growth: 1.2 } as const;

/** After so long a search has led nowhere. Units: milliseconds. */
const LOST = 30_000;

const cleanups: (() => unknown)[] = [];
const bench: Pick<Bench, 'after'> = { after: (end) => void cleanups.unshift(end) };

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      sessions: { type: 'string', default: `${MILLION}` },
      minutes: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '60' },
      store: { type: 'string', multiple: true },
      only: { type: 'string', multiple: true },
    },
  });
  const [sessions, minutes, seconds] = [Number(values.sessions), Number(values.minutes), Number(values.seconds)];
  const stores = STORES.filter((store) => values.store?.includes(store) ?? true);
  const parts = PARTS.filter((part) => values.only?.includes(part) ?? true);
  if (
    !(sessions >= 1000 && minutes > 0 && minutes <= 60 && seconds >= 1) ||
    stores.length === 0 ||
    parts.length === 0
  ) {
    console.error(
      `Usage: npm run console-figures -- [--sessions ${MILLION}] [--minutes 5] [--seconds 60] [--store ${STORES.join('|')}]... [--only ${PARTS.join('|')}]...`,
    );
    return 2;
  }
  const date = new Date().toISOString();
  const machine = describeMachine('none');
  const isKept = sessions === MILLION && stores.length === STORES.length;
  const times = [bundle()];
  const opened: Opened[] = [];
  for (const store of stores) {
    const one = await open(store, sessions);
    opened.push(one);
    if (parts.includes('times')) times.push(...(await timesOf(one, sessions, seconds)));
  }
  if (parts.includes('times')) {
    console.log(table(times));
    if (isKept) keepConsole('times', { date, sessions, machine, findings: times });
  }
  if (parts.includes('memory')) {
    console.error(`memory: ${minutes} minutes of events on ${stores.join(' and ')}`);
    const findings = await Promise.all(opened.map((one) => heapFor(one, minutes)));
    console.log(table(findings));
    if (isKept) keepConsole('memory', { date, sessions, minutes, machine, findings });
  }
  return 0;
}

/** A store that is full, and a page that is logged in at its server. */
interface Opened {
  readonly store: StoreName;
  readonly url: string;
  readonly key: string;
  readonly browser: Browser;
  readonly page: Page;
}

async function open(store: StoreName, sessions: number): Promise<Opened> {
  console.error(`${store}: ${sessions.toLocaleString('en-US')} sessions are made`);
  const filling = { count: sessions, data: DATA, perUser: PER_USER, seenWithin: 3_600_000 };
  const folder = temporaryFolder(bench);
  const location = store === 'embedded' ? `lmdb:${join(folder, 'data')}` : (await startRedis(bench)).location;
  await (store === 'embedded' ? fillEmbedded(join(folder, 'data'), filling) : fillOurs(location, filling));
  const key = newKey();
  const scopes = ['verify', 'read', 'write', 'revoke', 'admin'];
  const entry = { name: 'bench', hash: hashKey(key), apps: '*', scopes };
  writeFileSync(join(folder, 'keys.json'), JSON.stringify({ keys: [entry] }), { mode: 0o600 });
  writeFileSync(join(folder, 'policy.json'), JSON.stringify({ apps: { [APP]: { events: true } } }));
  const env = {
    RS_CONSOLE: 'true',
    RS_KEYS_FILE: join(folder, 'keys.json'),
    RS_CONFIG: join(folder, 'policy.json'),
    RS_LOGLEVEL: 'error',
  };
  const { url } = await startServer(bench, { store: location, env });
  const browser = await launchChromium(bench);
  return { store, url, key, browser, page: await logIn(browser, url, key) };
}

async function timesOf(
  { store, url, key, browser, page }: Opened,
  sessions: number,
  seconds: number,
): Promise<Finding[]> {
  const paints: number[] = [];
  for (let i = 0; i < TIMES.paint; i++) paints.push(await firstPaint(browser, url));
  const searches: number[] = [];
  for (let i = 0; i < TIMES.search; i++) {
    searches.push(await search(page, `user${Math.floor(((i + 0.5) / TIMES.search) * (sessions / PER_USER))}`));
  }

  await watchEvents(page, url);
  const stop = startEvents(url, APP, key);
  const began = performance.now();
  const frames = await framesOf(page, seconds);
  const told = `${store}: ${paceOf(await stop(), performance.now() - began)}`;
  const findings = [
    figure(`${store}: search → devices shown, p95`, 'ms', quantile(searches, 0.95), 'at most', GOALS.search, {
      spread: [Math.min(...searches), Math.max(...searches)],
      note: `${store}: search → devices shown, p50 ${quantile(searches, 0.5).toFixed(0)} ms of ${TIMES.search}`,
      details: { times: searches, p50: quantile(searches, 0.5) },
    }),
    figure(`${store}: nothing → first paint, p95`, 'ms', quantile(paints, 0.95), 'at most', GOALS.paint, {
      spread: [Math.min(...paints), Math.max(...paints)],
      note: `${store}: nothing → first paint with a cold cache, p50 ${quantile(paints, 0.5).toFixed(0)} ms of ${TIMES.paint}`,
      details: { times: paints, p50: quantile(paints, 0.5) },
    }),
    figure(`${store}: frames a second under live events`, '1/s', frames.perSecond, 'at least', GOALS.frames, {
      note: `${told}; 99 % of frames within ${frames.p99.toFixed(1)} ms, the longest ${frames.longest.toFixed(0)} ms, ${frames.longTasks} tasks above 50 ms in ${seconds} s`,
      details: { ...frames },
    }),
  ];
  // Its events are not to be drawn beside what is measured of the next store.
  await page.goto('about:blank');
  console.error(table(findings));
  return findings;
}

/** What the scripts of the page keep, from the begin of the events to their end. */
async function heapFor({ store, url, key, page }: Opened, minutes: number): Promise<Finding> {
  await watchEvents(page, url);
  const protocol = await page.context().newCDPSession(page);
  const stop = startEvents(url, APP, key);
  const began = performance.now();
  const heaps: number[] = [];
  while (performance.now() - began < minutes * 60_000) {
    await new Promise((resolve) => setTimeout(resolve, Math.min(15_000, minutes * 20_000)));
    // As somebody who looks on: who leaves the page alone is logged out after fifteen minutes.
    await page.mouse.move(400 + (heaps.length % 50), 300);
    heaps.push(await heapOf(protocol));
  }
  const events = await stop();
  const heading = await page.getByRole('heading', { level: 1 }).textContent();
  if (heading !== 'Live events') throw new Error(`the page does not show events any more: ${heading}`);
  const told = paceOf(events, performance.now() - began);
  const mean = (some: readonly number[]) => some.reduce((sum, one) => sum + one, 0) / some.length;
  const third = Math.max(1, Math.floor(heaps.length / 3));
  const [early, late] = [mean(heaps.slice(0, third)), mean(heaps.slice(-third))];
  return figure(`${store}: heap of the page, last third beside first`, '×', late / early, 'at most', GOALS.growth, {
    note: `${store}: heap after collections ${(early / 1e6).toFixed(1)} MB at first, ${(late / 1e6).toFixed(1)} MB in the end, at most ${(Math.max(...heaps) / 1e6).toFixed(1)} MB; ${told}`,
    details: { heaps, events },
  });
}

async function watchEvents(page: Page, url: string): Promise<void> {
  await page.goto(`${url}/console/apps/${APP}/events`);
  await page
    .getByText(/events? in the last minute/)
    .first()
    .waitFor();
}

function paceOf(events: number, milliseconds: number): string {
  const [count, pace, asked] = [events, Math.round((events * 60_000) / milliseconds), EVENTS_A_MINUTE].map((n) =>
    n.toLocaleString('en-US'),
  );
  return `${count} events, ${pace} a minute (asked for: ${asked})`;
}

/** From nothing kept to the first text on the screen, as the browser tells it. Units: milliseconds. */
async function firstPaint(browser: Browser, url: string): Promise<number> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  await page.goto(`${url}/console`);
  await page.getByRole('button', { name: 'Log in' }).waitFor();
  // The page may have its text before the frame that paints it.
  const at = await page.evaluate<number>(`new Promise((resolve) => {
    const look = () => {
      const [paint] = performance.getEntriesByName('first-contentful-paint');
      return paint === undefined ? requestAnimationFrame(look) : resolve(paint.startTime);
    };
    look();
  })`);
  await context.close();
  return at;
}

async function logIn(browser: Browser, url: string, key: string): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  bench.after(() => page.close());
  await page.goto(`${url}/console/apps/${APP}`);
  await page.getByRole('textbox', { name: 'API key' }).fill(key);
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
  return page;
}

/**
 * From the key that sends a search to the frame that has the devices, measured in the page: what is looked at is told by the page itself, and
 * not by a question of ours that goes over the protocol. Units: milliseconds.
 */
async function search(page: Page, subject: string): Promise<number> {
  await page.getByRole('searchbox').fill(subject);
  // First it watches, and then the key comes: what is sent over the protocol at once may arrive in another order.
  await page.evaluate(`void (window.shown = new Promise((resolve, reject) => {
    let began = 0;
    setTimeout(() => reject(new Error('no devices: ' + location + ' ' + document.querySelector('main').textContent)), ${LOST});
    addEventListener('keydown', () => { began = performance.now(); }, { once: true, capture: true });
    const isThere = () => began > 0 && document.querySelector('h1')?.textContent === ${JSON.stringify(subject)} && document.querySelectorAll('main tbody tr').length === ${PER_USER};
    const look = () => requestAnimationFrame(isThere() ? () => resolve(performance.now() - began) : look);
    look();
  }))`);
  await page.keyboard.press('Enter');
  return page.evaluate<number>('window.shown');
}

/** All that a browser loads, as it goes over the line. */
function bundle(): Finding {
  const folder = fileURLToPath(new URL('../packages/server/dist/console/', import.meta.url));
  const files = ['index.html', ...readdirSync(join(folder, 'assets')).map((name) => `assets/${name}`)];
  const sizes = files.map((name) => gzipSync(readFileSync(join(folder, name)), { level: 9 }).length);
  const whole = sizes.reduce((sum, size) => sum + size, 0);
  return figure('all files of the console, gzip', 'B', whole, 'at most', GOALS.bundle, { details: { sizes } });
}

function figure(
  what: string,
  unit: string,
  ours: number,
  bound: 'at most' | 'at least',
  value: number,
  { spread = [ours, ours], note = '', details = {} }: Partial<Pick<Finding, 'spread' | 'note' | 'details'>>,
): Finding {
  return {
    target: 'console',
    what,
    unit,
    ours,
    peer: null,
    ratio: null,
    goal: { bound, value },
    spread,
    note,
    details,
  };
}

function quantile(times: readonly number[], share: number): number {
  const sorted = [...times].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!;
}

async function cleanUp(): Promise<void> {
  for (const end of cleanups.splice(0)) await end();
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error);
  process.exitCode = 1;
} finally {
  await cleanUp();
}
