/** Who is logged in to the console, and what that one may do. */
import { signal } from '@preact/signals';
import type { Me, Scope } from '../api/types.ts';

/** undefined: not asked yet. null: nobody. */
export const me = signal<Me | null | undefined>(undefined);

/** The apps that exist, for the switcher. Absence: null until they came. */
export const apps = signal<readonly string[] | null>(null);

/** Whether who is logged in may do what needs a scope. No scope implies another. */
export function may(scope: Scope | null): boolean {
  return scope === null || (me.value?.scopes.includes(scope) ?? false);
}

/** Whether who is logged in sees all apps: what is not of an app asks for that. */
export function seesAll(): boolean {
  return me.value?.apps === '*';
}
