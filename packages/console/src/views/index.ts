/** All views, by their addresses. The first whose pattern matches is shown. */
import { match, type Params } from '../state/addresses.ts';
import { operatorViews } from './operator.ts';
import { supportViews } from './support.ts';
import type { View } from './view.ts';

export const views: readonly View[] = [...supportViews, ...operatorViews];

export interface Found {
  readonly view: View;
  readonly params: Params;
}

/** Gives the view of a path below /console. Absence: null. */
export function viewAt(path: string): Found | null {
  for (const view of views) {
    const params = match(view.pattern, path);
    if (params !== null) return { view, params };
  }
  return null;
}

/** Gives the views of a part of the navigation, in its order. */
export function navigationOf(part: 'app' | 'server'): readonly View[] {
  return views
    .filter(({ navigation }) => navigation?.of === part)
    .sort((a, b) => a.navigation!.order - b.navigation!.order);
}
