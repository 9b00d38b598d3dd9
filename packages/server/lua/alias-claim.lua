-- alias-claim: lets an alias lead to a session, unless it already leads elsewhere.
-- KEYS: alias
-- ARGV: value (id:until), instead of ('' = of none, else the value it is to replace), time to live (ms; '' = none)
-- RETURNS: '' when it was claimed, else the value it has
-- ATOMIC: two creates with one token must not both claim it.
local alias, value, old, ttl = KEYS[1], ARGV[1], ARGV[2], ARGV[3]
local present = redis.call('GET', alias) or ''
if present ~= old then return present end
if ttl == '' then redis.call('SET', alias, value) else redis.call('SET', alias, value, 'PX', ttl) end
return ''
