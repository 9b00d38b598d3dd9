/** The near cache of a client: loaded when it is needed first, so that who has none loads none. */
import type { About, NearCache } from './near-cache.ts';
import type { Settings } from './options.ts';
import type { Session, Verified } from './types.ts';

export class LazyNearCache {
  /** Absence: null without one, until it is loaded, and when it was closed. */
  loaded: NearCache | null = null;
  private isAsked = false;
  private isClosed = false;

  /** Loads it, if the options ask for one. */
  load(settings: Settings): NearCache | null {
    const options = settings.nearCache;
    if (options !== null && !this.isAsked) {
      this.isAsked = true;
      import('./near-cache.ts').then(
        ({ NearCache }) => {
          if (!this.isClosed) this.loaded = new NearCache(settings, options);
        },
        (error) => options.onChange(false, error),
      );
    }
    return this.loaded;
  }

  forget(about: About): void {
    this.loaded?.forget(about);
  }

  close(): void {
    this.isAsked = true;
    this.isClosed = true;
    this.loaded?.close();
    this.loaded = null;
  }
}

/** Tells an answer of the server as such, where others may come from memory. `began`: by `performance.now()`, before it was asked. */
export function told(session: Session, { nearCache }: Settings, began: number): Verified {
  if (nearCache === null) return session;
  const { maxStale } = nearCache;
  return { ...session, staleness: { maxStale, age: performance.now() - began, source: 'server' } };
}
