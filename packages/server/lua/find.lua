-- find: reads sessions by public id; never a touch.
-- KEYS: sessions, data (for each id)
-- ARGV: now, deadline, then the ids
-- RETURNS: {now, then for each id a visit, false, or an error of its own}
-- ATOMIC: a record and its data apart must be of one instant.
-- INCLUDES: record, visit
local now, late = clock(ARGV[1], ARGV[2])
late = late or demoted('HDEL', KEYS[1], '')
if late then return late end
local answer = { now }
for i = 1, #KEYS / 2 do
  local id = ARGV[i + 2]
  local text = redis.call('HGET', KEYS[i * 2 - 1], id)
  local r = text and read(text)
  if text and not r then answer[i + 1] = UNREADABLE
  else answer[i + 1] = r and live(r, now) and visit(r, text, math.max(0, now - r.seen), KEYS[i * 2], id) or false end
end
return answer
