-- quota-count: keeps a count of an app's sessions, unless something changed while they were counted.
-- KEYS: quota
-- ARGV: now, deadline, changes (when the count began), count (with the leases that stay), how long it is good (ms), leases that end
-- RETURNS: {now, 1} or {now, 0} when something changed: nothing was kept
-- ATOMIC: a lease that is taken beside it is in the count, or makes it void.
-- INCLUDES: clock
local now, late = clock(ARGV[1], ARGV[2])
if late then return late end
local quota, changes, count, good = KEYS[1], ARGV[3], ARGV[4], tonumber(ARGV[5])
if (redis.call('ZSCORE', quota, 'changes') or '0') ~= changes then return { now, 0 } end
for i = 6, #ARGV do redis.call('ZREM', quota, ARGV[i]) end
redis.call('ZADD', quota, count, 'count', now + good, 'good')
redis.call('ZINCRBY', quota, 1, 'changes')
return { now, 1 }
