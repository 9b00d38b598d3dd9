-- history: reads what has ended of a subject, the latest end first, or erases it.
-- KEYS: history
-- ARGV: now, deadline, 1 to erase it
-- RETURNS: {now, the entries} | {now, how many were erased}
-- ATOMIC: what ends beside it is erased, or stays whole.
-- INCLUDES: clock
local now, late = clock(ARGV[1], ARGV[2])
late = late or demoted('HDEL', KEYS[1], '')
if late then return late end
local entries = redis.call('LRANGE', KEYS[1], 0, -1)
if ARGV[3] ~= '1' then return { now, entries } end
redis.call('DEL', KEYS[1])
return { now, #entries }
