/**
 * Looks at the settings and the state of the store at the start and every so often, and warns. An operator must not drown in warnings: each
 * is said when it begins, once an hour while it stays, and its end is said too. A store that cannot be asked is no
 * finding here: its failures are told where they hurt.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Finding } from '../stores/finding.ts';

export interface StoreWatchOptions {
  readonly look: () => Promise<Finding[]>;
  /** Units: milliseconds. */
  readonly interval: number;
  readonly clock: () => number;
  /** Told of all that was found, each time. */
  readonly onLook: (findings: readonly Finding[]) => void;
  readonly onFound: (finding: Finding) => void;
  readonly onGone: (finding: Finding) => void;
}

/** Units: milliseconds. */
const REMINDER = 3_600_000;

/** Starts to watch. Gives a function that stops it. */
export function watchStore(options: StoreWatchOptions): () => void {
  const { look, interval, clock, onLook, onFound, onGone } = options;
  const stopped = new AbortController();
  const notices = new Notices();
  const rounds = async () => {
    for (;;) {
      const found = await look().catch(() => null);
      if (stopped.signal.aborted) return;
      if (found !== null) {
        onLook(found);
        const { said, gone } = notices.after(found, clock());
        said.forEach(onFound);
        gone.forEach(onGone);
      }
      await delay(interval, undefined, { signal: stopped.signal, ref: false });
    }
  };
  void rounds().catch(() => {});
  return () => stopped.abort();
}

/** Remembers what was said. */
export class Notices {
  private readonly known = new Map<string, { finding: Finding; saidAt: number }>();

  /** Gives what of a round's findings is to be said at `now`, and what is gone since the round before. */
  after(findings: readonly Finding[], now: number): { said: Finding[]; gone: Finding[] } {
    const present = new Map(findings.map((finding) => [`${finding.code} ${finding.where}`, finding]));
    const gone = [...this.known].filter(([name]) => !present.has(name));
    for (const [name] of gone) this.known.delete(name);
    const said = [...present].filter(([name]) => now - (this.known.get(name)?.saidAt ?? -REMINDER) >= REMINDER);
    for (const [name, finding] of said) this.known.set(name, { finding, saidAt: now });
    return { said: said.map(([, finding]) => finding), gone: gone.map(([, { finding }]) => finding) };
  }
}
