/**
 * The end of an old session that ours has taken over: in one step, and only as long as it is what was read. It ends there as a kill
 * does, in all indexes, and old servers that keep it in their memory drop it.
 */
import type { RedisServer } from '../redis-server.ts';
import { ADOPTED, FIELDS, type Fields, type Layout } from './layout.ts';

/**
 * `taken`: a server of ours has adopted it meanwhile (adopting/), which leaves a hash with a mark and without an id for a while.
 * `gone`: it had been ended there before. `changed`: it is there and was used meanwhile; nothing was changed.
 */
export type Removal = 'removed' | 'taken' | 'gone' | 'changed';

/**
 * KEYS: session, index, user, all, users
 * ARGV: app, token, id, channel of the caches, then for each field 1 and its value, or 0 and nothing
 * RETURNS: 1 removed, 2 taken, 0 gone, -1 changed
 */
export const REMOVAL = `
local app, token, id, channel = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local now = redis.call('HMGET', KEYS[1], ${FIELDS.map((field) => `'${field}'`).join(', ')})
if not now[1] then return redis.call('HEXISTS', KEYS[1], '${ADOPTED}') * 2 end
for i = 1, #now do
  local was = ARGV[3 + 2 * i] == '1' and ARGV[4 + 2 * i]
  if now[i] ~= was then return -1 end
end
redis.call('ZREM', KEYS[2], token .. ':' .. id)
redis.call('SREM', KEYS[3], token)
redis.call('ZREM', KEYS[4], app .. ':' .. token .. ':' .. id)
redis.call('DEL', KEYS[1])
if redis.call('EXISTS', KEYS[3]) == 0 then redis.call('ZREM', KEYS[5], id) end
redis.call('PUBLISH', channel, app .. ':' .. token)
return 1
`;

const ANSWERS = new Map<unknown, Removal>([
  [1, 'removed'],
  [2, 'taken'],
  [0, 'gone'],
  [-1, 'changed'],
]);

/** Removes a session that is still as it was read. Errors: what Redis says; in a Cluster, where its keys are apart. */
export async function removeSession(
  redis: RedisServer,
  layout: Layout,
  app: string,
  token: string,
  fields: Fields,
): Promise<Removal> {
  const id = fields[0]!;
  const keys = [
    layout.session(app, token),
    layout.index(app),
    layout.user(app, id.toString()),
    layout.all,
    layout.users(app),
  ];
  const read = fields.flatMap((field) => (field === null ? ['0', ''] : ['1', field]));
  const args = [REMOVAL, keys.length, ...keys, app, token, id, layout.cache, ...read];
  // Sent twice, it would find nothing the second time, and that means something else.
  return ANSWERS.get(await redis.send('EVAL', args, false))!;
}
