-- memo: keeps a short text until an instant, if what it holds is what the caller thinks.
-- KEYS: memo
-- ARGV: now, deadline, base, text, instead ('' = of nothing, else '=' and the text it is to replace), until
-- RETURNS: {now, 1} when it was kept, else {now, 0, the text that is there ('' = nothing)}
-- ATOMIC: of two that put their text instead of the same one, one must lose.
-- INCLUDES: clock
local now, late = clock(ARGV[1], ARGV[2])
if late then return late end
local memo, base, text, instead, untilWhen = KEYS[1], tonumber(ARGV[3]), ARGV[4], ARGV[5], tonumber(ARGV[6])
local expires = untilWhen + now - base
local at, present = string.match(redis.call('GET', memo) or '', '^(%d+):(.*)$')
if at and now >= tonumber(at) then present = nil end
if (present and '=' .. present or '') ~= instead then return { now, 0, present or '' } end
-- The instant decides; the TTL collects.
redis.call('SET', memo, string.format('%.0f', expires) .. ':' .. text, 'PX', math.max(1, expires - now))
return { now, 1 }
