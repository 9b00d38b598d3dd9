/** What a view loads: what came last stays on the screen while it loads again, and when that fails. */
import { type Signal, useSignal } from '@preact/signals';
import { useCallback, useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { returns } from './away.ts';
import { Problem } from './problem.ts';

export interface Resource<T> {
  /** Absence: null until something came, and when `key` became another. */
  readonly data: T | null;
  /** Of the last try. Absence: null. */
  readonly error: Problem | null;
  readonly isLoading: boolean;
  /** Loads again. Resolves with what came, null when that failed. */
  readonly reload: () => Promise<T | null>;
  readonly signal: Signal<T | null>;
}

/** Loads when the view appears and whenever `key` is another one; what is on its way for an older key is dropped. */
export function useResource<T>(key: string, load: (signal: AbortSignal) => Promise<T>): Resource<T> {
  const state = useSignal<{ key: string; error: Problem | null; isLoading: boolean }>({
    key,
    error: null,
    isLoading: true,
  });
  const data = useSignal<T | null>(null);
  const current = useRef({ load, abort: new AbortController() });
  current.current.load = load;

  const reload = useCallback(async (): Promise<T | null> => {
    current.current.abort.abort();
    const abort = new AbortController();
    current.current.abort = abort;
    state.value = { key, error: null, isLoading: true };
    try {
      const value = await current.current.load(abort.signal);
      if (abort.signal.aborted) return null;
      data.value = value;
      state.value = { key, error: null, isLoading: false };
      return value;
    } catch (error) {
      if (abort.signal.aborted) return null;
      const problem = error instanceof Problem ? error : new Problem(0, 'fault', String(error));
      state.value = { key, error: problem, isLoading: false };
      return null;
    }
  }, [key]);

  // Before the frame is drawn: what waits for the screen is asked for a frame later.
  useLayoutEffect(() => {
    data.value = null;
    void reload();
    return () => current.current.abort.abort();
  }, [reload]);

  const seen = useRef(returns.peek());
  const back = returns.value;
  useEffect(() => {
    if (seen.current !== back && state.peek().error !== null) void reload();
    seen.current = back;
  }, [back, reload]);

  const isOld = state.value.key !== key;
  return {
    data: isOld ? null : data.value,
    error: isOld ? null : state.value.error,
    isLoading: isOld || state.value.isLoading,
    reload,
    signal: data,
  };
}
