/** Which app one works with. */
import { computed, effect } from '@preact/signals';
import { match } from './addresses.ts';
import { path } from './place.ts';
import { apps, me } from './session.ts';

/** Remembered while the address is of none: the search and the way back still have one. */
let last: string | null = null;

/** The app of the address, else the last one, else the first that there is. Absence: null. */
export const app = computed<string | null>(() => {
  const [, part, name] = path.value.split('/');
  const given = part === 'apps' && name ? (match('/:app', `/${name}`)?.app ?? null) : null;
  if (given !== null) last = given;
  return last ?? apps.value?.[0] ?? null;
});

// The next one who logs in may be somebody else, who sees other apps.
effect(() => {
  if (me.value === null) last = null;
});
