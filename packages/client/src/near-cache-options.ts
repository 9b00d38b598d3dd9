/** How a near cache is set up. */
import { SessionConfigurationError } from './errors.ts';
import { shown } from './shown.ts';

export interface NearCacheOptions {
  /** How old an answer of `verify` may be at most: up to an hour. Units: milliseconds. */
  readonly maxStale: number;
  /** Tokens that are remembered at most; the ones that nobody asked for the longest go first. Default: 10,000. */
  readonly maxEntries?: number | undefined;
  /**
   * Is told when the stream of events is heard, and when it is lost, with the error. While it is lost, `verify` asks the server each
   * time.
   */
  readonly onChange?: ((isHeard: boolean, error: unknown) => void) | undefined;
}

export interface NearCacheSettings {
  readonly maxStale: number;
  readonly maxEntries: number;
  readonly onChange: (isHeard: boolean, error: unknown) => void;
}

const LONGEST = 3_600_000;

/** Absence: null without one. Errors: SessionConfigurationError. */
export function nearCacheOf(options: NearCacheOptions | undefined): NearCacheSettings | null {
  if (options === undefined) return null;
  const { maxStale, maxEntries = 10_000, onChange = () => {} } = options ?? {};
  if (typeof maxStale !== 'number' || !(maxStale >= 1 && maxStale <= LONGEST)) {
    throw wrong(`nearCache.maxStale must be a number of milliseconds from 1 to ${LONGEST}, not ${shown(maxStale)}`);
  }
  if (!Number.isSafeInteger(maxEntries) || maxEntries < 1) {
    throw wrong(`nearCache.maxEntries must be a whole number from 1 on, not ${shown(maxEntries)}`);
  }
  if (typeof onChange !== 'function') throw wrong(`nearCache.onChange must be a function, not ${shown(onChange)}`);
  return { maxStale, maxEntries, onChange };
}

function wrong(message: string): SessionConfigurationError {
  return new SessionConfigurationError('wrong_near_cache', message);
}
