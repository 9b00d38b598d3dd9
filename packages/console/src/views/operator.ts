/** The views of those who run the server and its apps. */
import type { View } from './view.ts';

export const operatorViews: readonly View[] = [];
