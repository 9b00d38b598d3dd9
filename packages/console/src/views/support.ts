/** The views of those who help users: find someone, see where they are logged in, end that. */
import type { View } from './view.ts';

export const supportViews: readonly View[] = [];
