import { pageError } from '../framework/page-error.ts';

// biome-ignore lint/suspicious/noExplicitAny: the frameworks call with errors and results of their own types
export type Callback = (error?: any, result?: any) => void;

/** Runs a verb, and tells its outcome both ways: to the callback that the framework gives, and as a promise. */
export function told<T>(callback: Callback | undefined, verb: () => Promise<T>): Promise<T> {
  const outcome = verb().catch((error) => {
    throw pageError(error);
  });
  if (callback === undefined) return outcome;
  // In a turn of its own: what a callback throws is the application's error, and must not reject this promise.
  outcome.then(
    (result) => queueMicrotask(() => callback(null, result)),
    (error) => queueMicrotask(() => callback(error)),
  );
  return outcome.catch(() => undefined as T);
}
