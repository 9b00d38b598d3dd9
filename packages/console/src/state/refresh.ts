/** Loads again while somebody looks. A page that was left open asks nothing, so that a console session can end for want of use. */
import { useEffect, useRef } from 'preact/hooks';
import { sinceUse } from './activity.ts';

/** Units: milliseconds. */
const LEFT_ALONE = 10 * 60_000;

/** Whether somebody is there: the page is in view, and was touched within ten minutes. */
export function isWatched(): boolean {
  return !document.hidden && sinceUse() < LEFT_ALONE;
}

/** Runs again and again while somebody is there, and at once when a hidden page is looked at again. Units: milliseconds. */
export function useEvery(interval: number, run: () => void): void {
  const latest = useRef(run);
  latest.current = run;
  useEffect(() => {
    const runIfWatched = () => {
      if (isWatched()) latest.current();
    };
    const timer = setInterval(runIfWatched, interval);
    document.addEventListener('visibilitychange', runIfWatched);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', runIfWatched);
    };
  }, [interval]);
}
