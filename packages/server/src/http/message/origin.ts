/** Who asks for a change, and why, as events and histories tell it. */
import { NOBODY, type Origin } from '../../core/events.ts';
import type { Principal } from '../../core/principal.ts';
import { withoutSecrets } from '../../core/secrets.ts';
import type { Call } from './route.ts';

/** Of each API key, as long as that is in force: requests without a reason make no object. */
const kept = new WeakMap<Principal, Origin>();

/** Gives who calls: the name of its key, null without keys. `reason`: absence: undefined where the caller gave none. */
export function originOf({ env: { principal } }: Call, reason?: string): Origin {
  if (reason !== undefined) return { by: principal?.name ?? null, note: withoutSecrets(reason) };
  if (principal === undefined) return NOBODY;
  const known = kept.get(principal);
  if (known !== undefined) return known;
  const origin = Object.freeze({ by: principal.name, note: null });
  kept.set(principal, origin);
  return origin;
}
