-- forget: removes what is left of a session that was installed here and has been ended.
-- KEYS: claim, record, taken, here
-- ARGV: APP:TOKEN
-- RETURNS: 1
-- ATOMIC: a claim without its place in a list would never be found again.
redis.call('DEL', KEYS[1], KEYS[2])
redis.call('ZREM', KEYS[3], ARGV[1])
redis.call('ZREM', KEYS[4], ARGV[1])
return 1
