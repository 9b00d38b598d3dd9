-- quota-take: sets room aside for a session that is about to be written.
-- KEYS: quota
-- ARGV: now, deadline, lease (its name), quota ('' = whatever there is), how long it is held (ms)
-- RETURNS: {now, 1 (taken), 0 (full), 2 (it is to be counted first) or 3 (full, but a lease may still give its room back)}
-- ATOMIC: of two that look for the last room one must find it taken.
-- INCLUDES: clock
local now, late = clock(ARGV[1], ARGV[2])
if late then return late end
local quota, lease, max, held = KEYS[1], ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5])
local count = tonumber(redis.call('ZSCORE', quota, 'count') or '')
if max then
  local good = tonumber(redis.call('ZSCORE', quota, 'good') or '')
  if not count or not good or now >= good then return { now, 2 } end
  -- Beside the leases there are count, good and changes.
  if count >= max then return { now, redis.call('ZCOUNT', quota, '-inf', '+inf') > 3 and 3 or 0 } end
end
redis.call('ZADD', quota, now + held, lease)
if count then redis.call('ZINCRBY', quota, 1, 'count') end
redis.call('ZINCRBY', quota, 1, 'changes')
return { now, 1 }
