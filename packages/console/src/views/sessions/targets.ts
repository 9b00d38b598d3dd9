/** What is to be ended, and what should be left. Pure. */

/** What is to be ended. */
export type Target =
  | { readonly kind: 'sessions'; readonly ids: readonly string[] }
  | { readonly kind: 'subject'; readonly subject: string }
  | { readonly kind: 'others'; readonly subject: string; readonly except: string };

/** Gives how many should be left. */
export function expectedAfter(target: Target, before: number): number {
  if (target.kind === 'subject') return 0;
  if (target.kind === 'others') return Math.min(1, before);
  return Math.max(0, before - target.ids.length);
}
