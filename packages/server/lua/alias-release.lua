-- alias-release: removes an alias, if it still leads to the session that ended.
-- KEYS: alias
-- ARGV: id (or more of the value that must be there)
-- RETURNS: 1 when it was removed, else 0
-- ATOMIC: another session may have claimed it in the meantime.
local alias, id = KEYS[1], ARGV[1]
local present = redis.call('GET', alias)
if not present or string.sub(present, 1, #id) ~= id then return 0 end
return redis.call('DEL', alias)
