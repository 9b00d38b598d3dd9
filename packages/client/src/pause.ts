/** A timer that a signal ends, and that does not keep a process alive where that is not wanted. */

/** Errors: the reason of the signal. Units: milliseconds. */
export function pause(
  wait: number,
  { signal, isBackground }: { signal: AbortSignal; isBackground: boolean },
): Promise<void> {
  return new Promise((resolve, reject) => {
    const leave = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', leave);
      resolve();
    }, wait);
    if (isBackground) letEnd(timer);
    if (signal.aborted) leave();
    else signal.addEventListener('abort', leave, { once: true });
  });
}

/** Lets a process end before a timer does. On platforms other than Node and Bun timers are numbers. */
export function letEnd(timer: unknown): void {
  (timer as { unref?: () => void }).unref?.();
}
