/**
 * What one process knows of the time since it began, for people who look at the server: not for `/metrics`, whose counters somebody
 * else keeps over time. It is plain JSON, so that a process can hand it to another one, which makes one picture of several. All of it
 * stays true of a process that has ended.
 */
import { type CountedApps, mergeCounted } from './app-series.ts';

export interface Figures {
  /** When API keys were used last, by their names. Units: epoch milliseconds. */
  readonly keyUses: readonly (readonly [name: string, at: number])[];
  /** What was created and ended of late. */
  readonly apps: CountedApps;
}

/** Tells whether what came from a process are figures: it may be one of another version. */
export function isFigures(part: unknown): part is Figures {
  const { keyUses, apps } = (part ?? {}) as Partial<Figures>;
  return Array.isArray(keyUses) && Array.isArray(apps?.apps);
}

/** Gives what several processes are together. */
export function mergeFigures(parts: readonly Figures[]): Figures {
  const keyUses = new Map<string, number>();
  for (const [name, at] of parts.flatMap((part) => part.keyUses)) {
    keyUses.set(name, Math.max(at, keyUses.get(name) ?? 0));
  }
  return { keyUses: [...keyUses], apps: mergeCounted(parts.map(({ apps }) => apps)) };
}

/** The figures of a server: of this process, and of those it is shown with. */
export class ServerFigures {
  /** Gives those of this process. */
  readonly own: () => Figures;
  private gather: () => Promise<readonly unknown[]> = async () => [];

  constructor(own: () => Figures) {
    this.own = own;
  }

  /** Shows this process together with others from now on. `gather` gives the parts of all; none when nobody can be asked. */
  shownWith(gather: () => Promise<readonly unknown[]>): void {
    this.gather = gather;
  }

  /** Gives those of all processes. */
  async all(): Promise<Figures> {
    const parts = (await this.gather()).filter(isFigures);
    return parts.length === 0 ? this.own() : mergeFigures(parts);
  }
}
