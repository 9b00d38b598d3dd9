-- quota-note: notes that sessions were written without a lease, where an app is counted.
-- KEYS: quota
-- ARGV: how many
-- RETURNS: 1 when it was noted, 0 when nobody counts the app
-- ATOMIC: a count that is under way has them, or is void.
local quota = KEYS[1]
if redis.call('EXISTS', quota) == 0 then return 0 end
if redis.call('ZSCORE', quota, 'count') then redis.call('ZINCRBY', quota, ARGV[1], 'count') end
redis.call('ZINCRBY', quota, 1, 'changes')
return 1
