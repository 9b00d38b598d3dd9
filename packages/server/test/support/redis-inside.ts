/** What a store on Redis is made of: private to it, but tests hold a verb up between its steps. */
import type { Aliases } from '../../src/stores/redis/aliases.ts';
import type { Claims } from '../../src/stores/redis/claims.ts';
import type { Outboxes } from '../../src/stores/redis/outboxes.ts';
import type { RedisStore } from '../../src/stores/redis/redis-store.ts';
import type { Steps } from '../../src/stores/redis/steps.ts';

export function inside(store: RedisStore) {
  return store as unknown as {
    readonly aliases: Aliases;
    readonly claims: Claims;
    readonly steps: Steps;
    readonly outboxes: Outboxes;
  };
}
