/** What live events cost the page: frames, long tasks, and memory, measured in the browser itself. */
import { setTimeout as delay } from 'node:timers/promises';
import type { CDPSession, Page } from 'playwright-core';

/** Of the design: what an app of many users has. */
export const EVENTS_A_MINUTE = 5000;

const MOST_AT_ONCE = 50;

export interface Frames {
  readonly perSecond: number;
  /** Units: milliseconds. */
  readonly longest: number;
  readonly p99: number;
  /** Tasks of more than 50 ms. */
  readonly longTasks: number;
}

/** Makes events at the design's pace until it is stopped: sessions begin, and every other one ends. Gives how many there were. */
export function startEvents(url: string, app: string, key: string): () => Promise<number> {
  let isOver = false;
  let events = 0;
  const headers = { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' };
  const agent = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0';
  const pair = async (i: number) => {
    const body = JSON.stringify({ subject: `live${i % 500}`, userAgent: agent, ip: `198.51.100.${i % 250}` });
    const made = await fetch(`${url}/v1/apps/${app}/sessions`, { method: 'POST', headers, body });
    if (made.status !== 201) throw new Error(`a create was answered ${made.status}`);
    const { session } = (await made.json()) as { session: { id: string } };
    await (await fetch(`${url}/v1/apps/${app}/sessions/${session.id}`, { method: 'DELETE', headers })).arrayBuffer();
    events += 2;
  };
  const running = (async () => {
    const began = performance.now();
    // A slow answer holds up its own session alone, and not the pace.
    const underWay = new Set<Promise<void>>();
    for (let i = 0; !isOver; i++) {
      const due = began + (i * 2 * 60_000) / EVENTS_A_MINUTE;
      const wait = due - performance.now();
      if (wait > 1) await delay(wait);
      if (underWay.size >= MOST_AT_ONCE) await Promise.race(underWay);
      const one = pair(i).finally(() => underWay.delete(one));
      underWay.add(one);
    }
    await Promise.all(underWay);
  })();
  return async () => {
    isOver = true;
    await running;
    return events;
  };
}

/** Watches the frames of a page for a time. Units of `seconds`: seconds. */
export async function framesOf(page: Page, seconds: number): Promise<Frames> {
  const found = await page.evaluate<{ deltas: number[]; longTasks: number }>(`new Promise((resolve) => {
    const deltas = [];
    let longTasks = 0;
    const observer = new PerformanceObserver((list) => { longTasks += list.getEntries().length; });
    observer.observe({ type: 'longtask' });
    const began = performance.now();
    let last = began;
    const look = (now) => {
      deltas.push(now - last);
      last = now;
      if (now - began < ${seconds * 1000}) return requestAnimationFrame(look);
      observer.disconnect();
      resolve({ deltas: deltas.slice(1), longTasks });
    };
    requestAnimationFrame(look);
  })`);
  const sorted = [...found.deltas].sort((a, b) => a - b);
  const whole = sorted.reduce((sum, delta) => sum + delta, 0);
  return {
    perSecond: (1000 * sorted.length) / whole,
    longest: sorted.at(-1)!,
    p99: sorted[Math.floor(sorted.length * 0.99)]!,
    longTasks: found.longTasks,
  };
}

/** Gives the heap of the page's scripts after a collection. Units: bytes. */
export async function heapOf(session: CDPSession): Promise<number> {
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  return usedSize;
}
