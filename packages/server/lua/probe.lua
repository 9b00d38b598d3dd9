-- probe: writes and removes a key: tells whether this server would do its work now.
-- KEYS: probe
-- ARGV: none
-- RETURNS: 1
-- ATOMIC: nothing is left behind.
local probe = KEYS[1]
redis.call('SET', probe, '1', 'PX', 1000)
return redis.call('DEL', probe)
