-- ids: gives the ids of all sessions of a partition, in no order.
-- KEYS: sessions
-- ARGV: now, deadline
-- RETURNS: {now, the ids, one after the other}
-- ATOMIC: a session that is there must be among them, whatever comes and goes beside it.
-- INCLUDES: clock
local now, late = clock(ARGV[1], ARGV[2])
late = late or demoted('HDEL', KEYS[1], '')
if late then return late end
return { now, table.concat(redis.call('HKEYS', KEYS[1])) }
