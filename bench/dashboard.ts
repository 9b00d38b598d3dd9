// Draws the dashboard of deploy/grafana without Grafana: each panel from what a real Prometheus answers, after a minute and a half of traffic
// on a server with the embedded store. Writes an HTML page, and a PNG of it where there is a Chromium.
// Run: node --import tsx bench/dashboard.ts FILE.html
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { chromium } from 'playwright-core';
import { Client } from '../packages/server/test/support/client.ts';
import { metricsUrlOf } from '../packages/server/test/support/metrics.ts';
import { deployed, type Prometheus, startPrometheus } from '../packages/server/test/support/prometheus.ts';
import { lastFirst, startServer, temporaryFolder } from '../packages/server/test/support/server.ts';

const SECONDS = 90;
const COLORS = ['#5794f2', '#73bf69', '#f2cc0c', '#ff9830', '#f2495c', '#b877d9', '#37872d', '#8ab8ff', '#a352cc'];
const [UNIT, CELL, GAP] = [60, 36, 8];

interface Panel {
  readonly title: string;
  readonly type: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly fieldConfig?: { readonly defaults: { readonly unit?: string; readonly noValue?: string } };
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[];
}
interface Line {
  readonly name: string;
  readonly points: readonly (readonly [at: number, value: number])[];
}

/** What is under way, by who waits for its end. */
const ends: (() => unknown)[] = [];
const ending = lastFirst({ after: (end) => void ends.push(end) });

/** Logins, reads, changes and logouts of three apps, until it is told to stop. */
async function traffic(url: string, signal: AbortSignal): Promise<void> {
  const client = new Client(url);
  const tokens: [string, string][] = [];
  for (let i = 0; !signal.aborted; i++) {
    const app = ['shop', 'blog', 'intranet'][i % 3]!;
    tokens.push([app, await client.create(app, `user${i % 500}`, { cart: i })]);
    for (let read = 0; read < 8; read++) {
      const [of, token] = tokens[Math.floor(Math.random() * tokens.length)]!;
      await client.send('GET', `/${of}/get/${token}`);
      await client.send('GET', `/v1/apps/${of}/session`, undefined, { 'Session-Token': token });
    }
    await client.send('POST', `/${app}/set/${tokens.at(-1)![1]}`, { seen: i });
    if (i % 5 === 0) await client.send('GET', `/v1/apps/${app}/session`, undefined, { 'Session-Token': `no${i}` });
    if (i % 3 === 0) await client.send('DELETE', `/${app}/kill/${tokens.shift()![1]}`);
    await delay(10);
  }
  client.close();
}

function filledIn(expr: string): string {
  return expr
    .replaceAll('$__rate_interval', '10s')
    .replaceAll('$job', 'rest-sessions')
    .replaceAll(/\$(?:instance|app)\b/g, '.*');
}

async function linesOf(prometheus: Prometheus, { targets = [] }: Panel): Promise<Line[]> {
  const end = Date.now() / 1000;
  const found = targets.map(async ({ expr, legendFormat }) => {
    const query = `query=${encodeURIComponent(filledIn(expr))}&start=${end - SECONDS}&end=${end}&step=1`;
    const { result } = await prometheus.ask(`/api/v1/query_range?${query}`);
    return (result as { metric: Record<string, string>; values: [number, string][] }[]).map(({ metric, values }) => ({
      name: legendFormat.replaceAll(/\{\{(\w+)\}\}/g, (_, label: string) => metric[label] ?? ''),
      points: values.map(([at, value]) => [at, Number(value)] as const).filter(([, value]) => Number.isFinite(value)),
    }));
  });
  return (await Promise.all(found)).flat();
}

function shown(value: number, unit = 'short'): string {
  const short = (number: number) => `${Number(number.toPrecision(3))}`;
  if (unit === 's' && value > 86_400) return `${short(value / 86_400)} days`;
  if (unit === 's') return value < 1 ? `${short(value * 1000)} ms` : `${short(value)} s`;
  if (unit === 'percentunit') return `${short(value * 100)} %`;
  if (unit === 'bytes') return `${short(value / 2 ** 20)} MiB`;
  return short(value);
}

function drawn({ title, type, gridPos, fieldConfig }: Panel, lines: readonly Line[]): string {
  const { x, y, w, h } = gridPos;
  const place = `left:${x * UNIT}px;top:${y * CELL}px;width:${w * UNIT - GAP}px;height:${h * CELL - GAP}px`;
  const unit = fieldConfig?.defaults.unit;
  if (type === 'row') return `<h2 style="${place}">${title}</h2>`;
  const values = lines.flatMap(({ points }) => points.map(([, value]) => value));
  const { noValue = 'no data' } = fieldConfig?.defaults ?? {};
  if (values.length === 0) return `<section style="${place}"><h3>${title}</h3><b class="none">${noValue}</b></section>`;
  if (type === 'stat') {
    const last = lines[0]!;
    const text = last.name !== '' ? last.name : shown(last.points.at(-1)![1], unit);
    return `<section style="${place}"><h3>${title}</h3><b>${text}</b></section>`;
  }
  const [width, height, left] = [w * UNIT - 30, h * CELL - 100, 60];
  const most = Math.max(...values, 1e-9) * 1.1;
  const times = lines.flatMap(({ points }) => points.map(([at]) => at));
  const [from, to] = [Math.min(...times), Math.max(...times)];
  const paths = lines.map(({ points }, i) => {
    const at = ([time, value]: readonly [number, number]) =>
      `${(left + ((time - from) / Math.max(1, to - from)) * (width - left)).toFixed(1)},${(height - (value / most) * height).toFixed(1)}`;
    return `<polyline fill="none" stroke="${COLORS[i % COLORS.length]}" stroke-width="1.5" points="${points.map(at).join(' ')}"/>`;
  });
  const marks = [0, 0.5, 1].map((part) => {
    const top = height - part * height * 0.9;
    return `<line x1="${left}" x2="${width}" y1="${top}" y2="${top}" stroke="#e0e0e0"/><text x="${left - 6}" y="${top + 4}" text-anchor="end">${shown(part * most * 0.9, unit)}</text>`;
  });
  const names = lines.map(({ name }, i) => `<i style="color:${COLORS[i % COLORS.length]}">${name}</i>`);
  return `<section style="${place}"><h3>${title}</h3><svg width="${width}" height="${height + 8}">${marks.join('')}${paths.join('')}</svg><p>${names.join(' ')}</p></section>`;
}

const file = resolve(process.argv[2] ?? 'dashboard.html');
try {
  const folder = temporaryFolder(ending);
  const policy = join(folder, 'policy.json');
  writeFileSync(policy, JSON.stringify({ apps: { shop: { maxSessionsPerSubject: 2 }, blog: {}, intranet: {} } }));
  const server = await startServer(ending, { RS_CONFIG: policy, RS_METRICS_PORT: '0', RS_SWEEP_INTERVAL: '2' });
  const prometheus = await startPrometheus(ending, [new URL(await metricsUrlOf(server)).host]);
  const stop = new AbortController();
  const running = Promise.all(Array.from({ length: 4 }, () => traffic(server.url, stop.signal)));
  await delay(SECONDS * 1000);
  const { panels } = JSON.parse(deployed('grafana/rest-sessions.json')) as { panels: Panel[] };
  const parts = await Promise.all(panels.map(async (panel) => drawn(panel, await linesOf(prometheus, panel))));
  stop.abort();
  await running;
  const rows = Math.max(...panels.map(({ gridPos: { y, h } }) => y + h));
  const style = `body{margin:12px;font:12px sans-serif;width:${24 * UNIT}px;height:${rows * CELL}px;position:relative;background:#f4f5f5}section,h2{position:absolute;box-sizing:border-box;margin:0;overflow:hidden}section{background:#fff;border:1px solid #ddd;padding:6px}h3{font-size:12px;margin:0 0 6px}h2{font-size:15px;padding-top:8px}b{display:block;text-align:center;font-size:24px;padding-top:14px;color:#37872d}b.none{color:#c4162a}p{margin:4px 0}i{font-style:normal;margin-right:8px}text{font-size:10px;fill:#555}`;
  writeFileSync(file, `<!doctype html><meta charset="utf-8"><style>${style}</style><body>${parts.join('\n')}`);
  console.log(`written: ${file}`);
  const browser = await chromium
    .launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] })
    .catch(() => null);
  if (browser !== null) {
    const page = await browser.newPage({ viewport: { width: 24 * UNIT + 24, height: rows * CELL + 24 } });
    await page.goto(`file://${file}`);
    await page.screenshot({ path: file.replace(/\.html$/, '.png') });
    await browser.close();
  }
} finally {
  for (const end of ends.reverse()) await end();
}
