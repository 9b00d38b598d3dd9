-- journal-trim: drops the oldest events of an app, up to a position, and makes that the floor.
-- KEYS: stream, known
-- ARGV: now, deadline, to, about how many in one step, 1 when it goes on with what a step before began
-- RETURNS: {now, events that were dropped, 1 when more are to be dropped}
-- ATOMIC: the floor is there before the first event is gone. What goes in the steps after it stands beneath the floor.
-- INCLUDES: clock
local now, late = clock(ARGV[1], ARGV[2])
late = late or demoted('HDEL', KEYS[2], '')
if late then return late end
local stream, known, to = KEYS[1], KEYS[2], ARGV[3]

local function both(position)
  local ms, nth = string.match(position, '^(%d+)-(%d+)$')
  return tonumber(ms), tonumber(nth)
end
local function isBefore(a, b)
  local ams, anth = both(a)
  local bms, bnth = both(b)
  return ams < bms or ams == bms and anth < bnth
end

local at = redis.call('HMGET', known, 'f', 'n')
local floor, last = at[1] or '0-0', at[2]
if not last then return { now, 0, 0 } end
if isBefore(last, to) then to = last end
if ARGV[5] ~= '1' then
  if not isBefore(floor, to) then return { now, 0, 0 } end
  redis.call('HSET', known, 'f', to)
end
local ms, nth = both(to)
local first = string.format('%.0f-%.0f', ms, nth + 1)
local dropped = redis.call('XTRIM', stream, 'MINID', '~', first, 'LIMIT', ARGV[4])
if dropped > 0 then return { now, dropped, 1 } end
dropped = redis.call('XTRIM', stream, 'MINID', first)
if redis.call('XLEN', stream) == 0 then redis.call('DEL', stream) end
return { now, dropped, 0 }
