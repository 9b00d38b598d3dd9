/** Where the console is: the address of the window as signals, and the only writer of the history. */
import { computed, signal } from '@preact/signals';
import { below, changed, type Params, pathOf, type QueryChange, queryOf } from './addresses.ts';

const address = signal({ path: below(window.location.pathname), search: window.location.search });

/** Below /console: `/apps/shop`. */
export const path = computed(() => address.value.path);
export const query = computed(() => new URLSearchParams(address.value.search));

window.addEventListener('popstate', read);

/** Links inside the console do not load the page anew. Others, and those meant for a new tab, are left to the browser. */
document.addEventListener('click', (event) => {
  if (
    event.defaultPrevented ||
    event.button !== 0 ||
    event.metaKey ||
    event.ctrlKey ||
    event.shiftKey ||
    event.altKey
  ) {
    return;
  }
  const link = event.target instanceof Element ? event.target.closest('a') : null;
  if (link === null || link.target !== '' || link.hasAttribute('download') || link.origin !== window.location.origin)
    return;
  if (!link.pathname.startsWith('/console') || link.getAttribute('href')?.startsWith('#')) return;
  event.preventDefault();
  go(link.pathname + link.search);
});

/** Gives the address of a view, with the reader's settings: for `href`. */
export function to(pattern: string, params: Params = {}, changes: QueryChange = {}): string {
  return pathOf(pattern, params) + queryOf(query.value, changes);
}

/** Goes to an address that `to` gave. */
export function go(target: string, { replace = false } = {}): void {
  if (replace) window.history.replaceState(null, '', target);
  else if (target !== window.location.pathname + window.location.search) window.history.pushState(null, '', target);
  read();
}

/** Changes the query where the console is. A filter that is being typed replaces; what one would go back from does not. */
export function setQuery(changes: QueryChange, { replace = true } = {}): void {
  go(window.location.pathname + changed(query.peek(), changes), { replace });
}

function read(): void {
  address.value = { path: below(window.location.pathname), search: window.location.search };
}
