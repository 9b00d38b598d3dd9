-- journal-held: tells events that have been held for too long, where their session is there: whoever moved it has died.
-- KEYS: sessions (of the partition)
-- ARGV: now, deadline, how long one may be held (ms), then the ids
-- RETURNS: {now, how many were told}
-- ATOMIC: a session and what is held of it.
-- INCLUDES: clock, lines, journal
local now, late = clock(ARGV[1], ARGV[2])
late = late or demoted('HDEL', KEYS[1], '')
if late then return late end
local key, told = telling.known or outboxes[1], {}
for i = 4, #ARGV do
  local id = ARGV[i]
  local held = redis.call('HGET', key, 'm:' .. id)
  local at = held and tonumber(string.match(held, '^.(%x+)'), 16)
  if at and at + tonumber(ARGV[3]) <= now then
    if redis.call('HGET', KEYS[1], id) then told[#told + 1] = { id = id }
    else redis.call('HDEL', key, 'm:' .. id) end
  end
end
if told[1] then tell({ outbox = key }, now, told) end
return { now, #told }
