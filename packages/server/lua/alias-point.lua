-- alias-point: points an alias at a session, if what it holds is what the caller thinks.
-- KEYS: alias
-- ARGV: value (id:until), instead of ('' = of nothing, else the value it is to replace), time to live (ms; '' = none)
-- RETURNS: false when it was pointed, else the value that is there ('' = nothing)
-- ATOMIC: two creates with one token must not both claim it.
local alias, value, old, ttl = KEYS[1], ARGV[1], ARGV[2], ARGV[3]
local present = redis.call('GET', alias) or ''
if present ~= old then return present end
if ttl == '' then redis.call('SET', alias, value) else redis.call('SET', alias, value, 'PX', ttl) end
return false
