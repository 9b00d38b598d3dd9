/** The stores that events are measured on. */
export const STORES = ['embedded', 'Redis'] as const;
export type StoreName = (typeof STORES)[number];
