/** Keys that work everywhere: `/` to the search, `?` shows the keys, `g` and a letter go to a view. Not while somebody types. */
import { signal } from '@preact/signals';
import { app } from '../state/app.ts';
import { go, to } from '../state/place.ts';
import { hasKeys } from '../state/settings.ts';
import { views } from '../views/index.ts';

export const isHelpOpen = signal(false);

/** How long the letter after `g` may take. */
const PATIENCE = 1_500;

/** Listens until the function that it gives is called. */
export function listenToKeys(): () => void {
  let goesUntil = 0;
  const onKey = (event: KeyboardEvent) => {
    if (!hasKeys.peek() || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    if (document.querySelector('dialog[open]') !== null) return;
    if (event.timeStamp < goesUntil) {
      goesUntil = 0;
      const view = views.find(({ key }) => key === event.key);
      const name = app.peek();
      if (view === undefined || (name === null && view.pattern.includes(':app'))) return;
      event.preventDefault();
      go(to(view.pattern, name === null ? {} : { app: name }));
      return;
    }
    if (event.key === 'g') goesUntil = event.timeStamp + PATIENCE;
    else if (event.key === '?') isHelpOpen.value = true;
    else if (event.key === '/') document.querySelector<HTMLInputElement>('#search')?.focus();
    else return;
    event.preventDefault();
  };
  document.addEventListener('keydown', onKey);
  return () => document.removeEventListener('keydown', onKey);
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || target.matches('input:not([type=checkbox], [type=radio]), textarea, select');
}
