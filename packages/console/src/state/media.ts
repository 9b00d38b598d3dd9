/** Whether a media query holds, as a signal. */
import { type ReadonlySignal, signal } from '@preact/signals';

export function media(query: string): ReadonlySignal<boolean> {
  const list = window.matchMedia(query);
  const holds = signal(list.matches);
  list.addEventListener('change', ({ matches }) => {
    holds.value = matches;
  });
  return holds;
}

/** Too narrow for rows of columns: they have two lines then. */
export const isNarrow = media('(max-width: 48rem)');
