/**
 * `npm run console-figures`: the console in a real Chromium beside a million sessions, on each store. How long from a search to the devices
 * on the screen, from nothing to the first paint, how smooth with 5,000 events a minute, and what becomes of memory meanwhile. Writes
 * bench/results/console.json. `--sessions N`, `--minutes N` (of events, up to 60), `--seconds N` (of frames), `--store NAME`; only a run of
 * all, with a million, is kept.
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

const MILLION = 1_000_000;
const PER_USER = 4;
/** How often a search and a first paint are measured. */
const TIMES = 30;
/** Of the design. Units: milliseconds, frames a second, bytes. */
const GOALS = { search: 100, paint: 1000, frames: 55, bundle: 80_000, growth: 1.2 } as const;

const cleanups: (() => unknown)[] = [];
const bench: Pick<Bench, 'after'> = { after: (end) => void cleanups.unshift(end) };

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      sessions: { type: 'string', default: `${MILLION}` },
      minutes: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '60' },
      store: { type: 'string', multiple: true },
    },
  });
  const [sessions, minutes, seconds] = [Number(values.sessions), Number(values.minutes), Number(values.seconds)];
  const stores = STORES.filter((store) => values.store?.includes(store) ?? true);
  if (!(sessions >= 1000 && minutes > 0 && minutes <= 60 && seconds >= 1) || stores.length === 0) {
    console.error(
      `Usage: npm run console-figures -- [--sessions ${MILLION}] [--minutes 5] [--seconds 60] [--store ${STORES.join('|')}]...`,
    );
    return 2;
  }
  const date = new Date().toISOString();
  const machine = describeMachine('none');
  const findings: Finding[] = [bundle()];
  for (const store of stores) {
    try {
      findings.push(...(await measure(store, sessions, minutes, seconds)));
    } finally {
      await cleanUp();
    }
  }
  console.log(table(findings));
  if (sessions === MILLION && stores.length === STORES.length)
    keepConsole({ date, sessions, minutes, machine, findings });
  return 0;
}

async function measure(store: StoreName, sessions: number, minutes: number, seconds: number): Promise<Finding[]> {
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

  const paints: number[] = [];
  for (let i = 0; i < TIMES; i++) paints.push(await firstPaint(browser, url));
  const page = await logIn(browser, url, key);
  const searches: number[] = [];
  for (let i = 0; i < TIMES; i++) {
    searches.push(await search(page, `user${Math.floor(((i + 0.5) / TIMES) * (sessions / PER_USER))}`));
  }

  await page.goto(`${url}/console/apps/${APP}/events`);
  await page
    .getByText(/events? in the last minute/)
    .first()
    .waitFor();
  const protocol = await page.context().newCDPSession(page);
  const stop = startEvents(url, APP, key);
  const began = performance.now();
  const frames = await framesOf(page, seconds);
  const heaps: number[] = [await heapOf(protocol)];
  while (performance.now() - began < minutes * 60_000) {
    await new Promise((resolve) => setTimeout(resolve, Math.min(15_000, minutes * 20_000)));
    heaps.push(await heapOf(protocol));
  }
  const events = await stop();
  const pace = Math.round((events * 60_000) / (performance.now() - began));
  const mean = (some: readonly number[]) => some.reduce((sum, one) => sum + one, 0) / some.length;
  const third = Math.max(1, Math.floor(heaps.length / 3));
  const [early, late] = [mean(heaps.slice(0, third)), mean(heaps.slice(-third))];
  const told = `${store}: ${events.toLocaleString('en-US')} events, ${pace.toLocaleString('en-US')} a minute (asked for: ${EVENTS_A_MINUTE.toLocaleString('en-US')})`;
  return [
    figure(`${store}: search → devices shown, p95`, 'ms', quantile(searches, 0.95), 'at most', GOALS.search, {
      spread: [Math.min(...searches), Math.max(...searches)],
      note: `${store}: search → devices shown, p50 ${quantile(searches, 0.5).toFixed(0)} ms of ${TIMES}`,
      details: { times: searches, p50: quantile(searches, 0.5) },
    }),
    figure(`${store}: nothing → first paint, p95`, 'ms', quantile(paints, 0.95), 'at most', GOALS.paint, {
      spread: [Math.min(...paints), Math.max(...paints)],
      note: `${store}: nothing → first paint with a cold cache, p50 ${quantile(paints, 0.5).toFixed(0)} ms of ${TIMES}`,
      details: { times: paints, p50: quantile(paints, 0.5) },
    }),
    figure(`${store}: frames a second under live events`, '1/s', frames.perSecond, 'at least', GOALS.frames, {
      note: `${told}; 99 % of frames within ${frames.p99.toFixed(1)} ms, the longest ${frames.longest.toFixed(0)} ms, ${frames.longTasks} tasks above 50 ms in ${seconds} s`,
      details: { ...frames, pace },
    }),
    figure(`${store}: heap of the page, last third beside first`, '×', late / early, 'at most', GOALS.growth, {
      note: `${store}: heap after collections ${(early / 1e6).toFixed(1)} MB at first, ${(late / 1e6).toFixed(1)} MB in the end`,
      details: { heaps, events },
    }),
  ];
}

/** From nothing kept to the first text on the screen, as the browser tells it. Units: milliseconds. */
async function firstPaint(browser: Browser, url: string): Promise<number> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  await page.goto(`${url}/console`);
  await page.getByRole('button', { name: 'Log in' }).waitFor();
  const at = await page.evaluate<number>("performance.getEntriesByName('first-contentful-paint')[0].startTime");
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
  await page.evaluate(`void (window.shown = new Promise((resolve) => {
    let began = 0;
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
