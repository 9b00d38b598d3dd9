-- done: says that a session that was taken is installed here.
-- KEYS: session, claim, record, taken, here
-- ARGV: app, token, owner
-- RETURNS: 'here'; 'killed': an old server that had read it before has ended it since; 'busy': another process has taken over
--   the claim; 'other': another one has installed it, some time ago; 'gone': there is no claim
-- ATOMIC: only whose claim it still is may say so.
if redis.replicate_commands then redis.replicate_commands() end
local session, claim, record, taken, here = unpack(KEYS)
local app, token, owner = unpack(ARGV)
local state, holder = unpack(redis.call('HMGET', claim, 'state', 'owner'))
if not state then return 'gone' end
if holder ~= owner then return state == 'taken' and 'busy' or 'other' end
if state == 'taken' then
  local time = redis.call('TIME')
  redis.call('HSET', claim, 'state', 'here')
  redis.call('DEL', record)
  redis.call('ZREM', taken, app .. ':' .. token)
  redis.call('ZADD', here, time[1] * 1000 + math.floor(time[2] / 1000), app .. ':' .. token)
end
return redis.call('EXISTS', session) == 1 and 'here' or 'killed'
