/** The journal of a store that keeps none. */
import { type Journal, START } from './events.ts';

export const NO_JOURNAL: Journal = Object.freeze({
  read: async (_app: string, after: string) => ({ events: [], next: after, floor: START }),
  extent: async () => ({ floor: START, last: START, events: 0, bytes: 0 }),
  lasts: async (apps: readonly string[]) => apps.map(() => START),
  count: async () => 0,
  trim: async () => 0,
  append: async () => {},
  apps: async () => [],
  settle: async () => 0,
  watch: () => () => {},
  history: async () => [],
  eraseHistory: async () => 0,
});
