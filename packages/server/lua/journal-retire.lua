-- journal-retire: forgets the journal of an app that is empty, and has been for long.
-- KEYS: stream, known
-- ARGV: now, deadline, how long (ms)
-- RETURNS: {now, 1 when there is none any more, else 0}
-- ATOMIC: an event that comes beside it is kept.
-- INCLUDES: clock
local now, late = clock(ARGV[1], ARGV[2])
late = late or demoted('HDEL', KEYS[2], '')
if late then return late end
local last = redis.call('HGET', KEYS[2], 'n')
local isFresh = last and tonumber(string.match(last, '^(%d+)')) + tonumber(ARGV[3]) > now
if isFresh or redis.call('EXISTS', KEYS[1]) == 1 then return { now, 0 } end
for _, field in ipairs(redis.call('HKEYS', KEYS[2])) do
  if string.sub(field, 1, 2) == 'm:' then return { now, 0 } end
end
redis.call('DEL', KEYS[2])
return { now, 1 }
