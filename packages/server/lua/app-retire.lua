-- app-retire: forgets an app that was found empty, if nobody entered it again meanwhile.
-- KEYS: apps
-- ARGV: app, entries (the score it had before it was found empty)
-- RETURNS: 1 when it was forgotten, else 0
-- ATOMIC: a create that enters the app beside it must find it entered afterwards.
local apps, app, entries = KEYS[1], ARGV[1], ARGV[2]
if tonumber(redis.call('ZSCORE', apps, app) or '') ~= tonumber(entries) then return 0 end
return redis.call('ZREM', apps, app)
