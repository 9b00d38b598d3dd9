/** What the process uses, and how late its event loop is. Only what Linux tells of files is missing elsewhere. */
import { readdirSync, readFileSync } from 'node:fs';
import { Histogram } from './series.ts';
import { METRICS } from './table.ts';

/** How often it is looked whether the event loop is late. Units: milliseconds. */
const INTERVAL = 100;

export class ProcessMeter {
  readonly delays = new Histogram(METRICS.loopDelay.bounds);
  readonly startedAt = (Date.now() - performance.now()) / 1000;
  readonly maxFiles = maxOpenFiles();
  private readonly timer: NodeJS.Timeout;
  private due = performance.now() + INTERVAL;

  constructor() {
    this.timer = setInterval(() => this.look(), INTERVAL).unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** Units: seconds of CPU. */
  get cpu(): number {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1_000_000;
  }

  /** Units: bytes. */
  get residentMemory(): number {
    return process.memoryUsage.rss();
  }

  /** Absence: null where the system does not tell. */
  get openFiles(): number | null {
    try {
      // One of them is the folder itself, which is open while it is read.
      return readdirSync('/proc/self/fd').length - 1;
    } catch {
      return null;
    }
  }

  private look(): void {
    const now = performance.now();
    this.delays.observe(Math.max(0, now - this.due) / 1000);
    this.due = now + INTERVAL;
  }
}

/** Absence: null where the system does not tell, or there is no limit. */
function maxOpenFiles(): number | null {
  try {
    const [, most] = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1')) ?? [];
    return most === undefined ? null : Number(most);
  } catch {
    return null;
  }
}
