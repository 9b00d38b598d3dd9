-- quota-settle: ends a lease, now that its session is written or will not be.
-- KEYS: quota
-- ARGV: lease, how many sessions there are more than when it was taken (0 or less: it was counted then)
-- RETURNS: 1, or 0 when a count has ended it before
-- ATOMIC: a count must not see the lease ended and its room still taken.
local quota, lease, more = KEYS[1], ARGV[1], ARGV[2]
if redis.call('ZREM', quota, lease) == 0 then return 0 end
if redis.call('ZSCORE', quota, 'count') then redis.call('ZINCRBY', quota, more, 'count') end
redis.call('ZINCRBY', quota, 1, 'changes')
return 1
