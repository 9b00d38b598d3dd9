/** What the members of a policy are measured in, so that a reader sees "30 minutes" and the exact number beside it. */

/** One value in force. `from`: the layer that says so. */
export interface PolicyValue {
  readonly name: string;
  readonly value: unknown;
  readonly from: PolicyLayer;
}

/** The app's own rules, the rules of all apps, or what the server has built in. */
export type PolicyLayer = 'app' | 'defaults' | 'built-in';

/** The answer of `GET /v1/apps/{app}/policy`. Absence: null without a file, and while it was not read again. */
export interface PolicyInForce {
  readonly app: string;
  readonly values: readonly PolicyValue[];
  readonly file: string | null;
  readonly reload: {
    readonly at: string;
    readonly changed: readonly { readonly name: string; readonly before: unknown; readonly after: unknown }[];
  } | null;
}

export type PolicyUnit = 'seconds' | 'bytes' | 'sessions' | 'characters' | 'none';

const UNITS: Readonly<Record<string, PolicyUnit>> = {
  ...{ idleTimeout: 'seconds', minIdleTimeout: 'seconds', maxIdleTimeout: 'seconds' },
  ...{ absoluteTimeout: 'seconds', maxAbsoluteTimeout: 'seconds', classicAbsoluteTimeout: 'seconds' },
  ...{ rotationGrace: 'seconds', maxDataBytes: 'bytes', minCallerTokenLength: 'characters' },
  ...{ maxSessionsPerSubject: 'sessions', maxSessions: 'sessions' },
};

/** A member that this console does not know has none. */
export function unitOf(name: string): PolicyUnit {
  return UNITS[name] ?? 'none';
}

/** The groups of the view. What no group names comes last. */
export const POLICY_GROUPS = ['timeouts', 'limits', 'tokens', 'events', 'other'] as const;
export type PolicyGroup = (typeof POLICY_GROUPS)[number];

const GROUPS: Readonly<Record<string, PolicyGroup>> = {
  ...{ idleTimeout: 'timeouts', minIdleTimeout: 'timeouts', maxIdleTimeout: 'timeouts', absoluteTimeout: 'timeouts' },
  ...{ maxAbsoluteTimeout: 'timeouts', classicAbsoluteTimeout: 'timeouts' },
  ...{ maxSessionsPerSubject: 'limits', onLimit: 'limits', maxSessions: 'limits', maxDataBytes: 'limits' },
  ...{ minCallerTokenLength: 'tokens', rotationGrace: 'tokens', cookie: 'tokens' },
  ...{ events: 'events', updateEvents: 'events', history: 'events', webhooks: 'events' },
};

export function groupOf(name: string): PolicyGroup {
  return GROUPS[name] ?? 'other';
}

/** Bytes in the largest binary unit that has a short number: 65536 is 64 KiB. */
export function binaryOf(bytes: number): { readonly count: number; readonly unit: 'B' | 'KiB' | 'MiB' } {
  if (bytes >= 1_048_576) return { count: bytes / 1_048_576, unit: 'MiB' };
  return bytes >= 1024 ? { count: bytes / 1024, unit: 'KiB' } : { count: bytes, unit: 'B' };
}
