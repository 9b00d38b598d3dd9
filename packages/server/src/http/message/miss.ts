/** A token that was shown and opened nothing, for metrics. */
import type { Call } from './route.ts';

/** Counts one, for the app in the path. */
export function meterMiss({ env, req }: Pick<Call, 'env' | 'req'>): void {
  if (env.meter === undefined) return;
  const [, first = '', second, third = ''] = req.path.split('/');
  const inV1 = second === 'apps' ? third : '';
  env.meter.missed(first === 'v1' ? inV1 : first);
}
