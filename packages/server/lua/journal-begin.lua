-- journal-begin: makes sure that all commands are granted that write a journal, before the first session ends half-way.
-- KEYS: probe
-- ARGV: none
-- RETURNS: 1
-- ATOMIC: nothing is left behind.
local probe = KEYS[1]
redis.call('DEL', probe)
redis.call('XADD', probe, '1-1', 'e', '')
redis.call('XRANGE', probe, '-', '+')
redis.call('XREVRANGE', probe, '+', '-')
redis.call('XTRIM', probe, 'MINID', '1-1')
redis.call('XLEN', probe)
redis.call('DEL', probe)
redis.call('LPUSH', probe, '')
redis.call('LTRIM', probe, 0, 0)
redis.call('LRANGE', probe, 0, 0)
redis.call('PEXPIRE', probe, 1000)
redis.call('DEL', probe)
redis.call('HMGET', probe, '')
return 1
