-- lock-look: tells what stands at a lock.
-- KEYS: lock
-- ARGV: now, deadline, hash ('' = of any)
-- RETURNS: {now, the text that is there, '' when nobody holds it, or another one than asked for}
-- ATOMIC: what is over by this clock is nothing.
-- INCLUDES: clock, locking
local now, late = clock(ARGV[1], ARGV[2])
if late then return late end
local key, hash = KEYS[1], ARGV[3]
local lock = lockAt(key, now)
if lock.hash == '' or hash ~= '' and lock.hash ~= hash then return demoted('HDEL', key, '') or { now, '' } end
return { now, redis.call('GET', key) }
