-- lock-leave: ends a lock, or a place in its queue, if it is there.
-- KEYS: lock
-- ARGV: now, deadline, hash
-- RETURNS: {now, 1 when it was there, else 0}
-- ATOMIC: another one may have it by now.
-- INCLUDES: clock, locking
local now, late = clock(ARGV[1], ARGV[2])
if late then return late end
if leaveLock(KEYS[1], ARGV[3], now) then return { now, 1 } end
return demoted('HDEL', KEYS[1], '') or { now, 0 }
