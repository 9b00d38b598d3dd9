-- format: notes the format of a namespace, unless it is noted already, or a newer version has noted a higher one.
-- KEYS: format
-- ARGV: the format of this version
-- RETURNS: the format that is noted then
-- ATOMIC: of two versions that start at once, the newer one's note stays.
local noted = redis.call('GET', KEYS[1])
if noted and not (tonumber(noted) and tonumber(noted) < tonumber(ARGV[1])) then return noted end
redis.call('SET', KEYS[1], ARGV[1])
return ARGV[1]
