/** A server whose clock a test sets: a day with all that happens in it takes seconds, and leaves what a day leaves. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Cleanup, temporaryFolder } from './server.ts';
import { until } from './until.ts';

export interface DrivenClock {
  /** For startServer. */
  readonly env: Readonly<Record<string, string>>;
  /** Sets how far the server is from the machine's clock, and resolves once it goes by that. Units: milliseconds, below 0 for the past. */
  readonly set: (skew: number) => Promise<void>;
}

export function drivenClock(cleanup: Cleanup, skew: number): DrivenClock {
  const file = join(temporaryFolder(cleanup), 'skew');
  writeFileSync(file, `${skew}`);
  const preload = new URL('./driven-clock.mjs', import.meta.url);
  return {
    env: { NODE_OPTIONS: `--import=${preload}`, TEST_CLOCK_FILE: file },
    set: async (next) => {
      writeFileSync(file, `${next}`);
      const taken = `${file}.taken`;
      await until(() => existsSync(taken) && readFileSync(taken, 'utf8') === `${next}`);
    },
  };
}
