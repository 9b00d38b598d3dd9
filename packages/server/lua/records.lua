-- records: reads whole sessions, with what opens them; never a touch.
-- KEYS: sessions, data, copied (for each id)
-- ARGV: now, deadline, most (bytes after which no other one is read), 1 to read unfinished copies too, then the ids
-- RETURNS: {now, then for each id that was read a visit, false, 1 for what may be an unfinished copy, or an error of its own}
-- ATOMIC: a record and its data apart must be of one instant.
-- INCLUDES: record, visit
local now, late = clock(ARGV[1], ARGV[2])
late = late or demoted('HDEL', KEYS[1], '')
if late then return late end
local most, copies, answer, bytes = tonumber(ARGV[3]), ARGV[4] == '1', { now }, 0
for i = 1, #KEYS / 3 do
  local id = ARGV[i + 4]
  local text = redis.call('HGET', KEYS[i * 3 - 2], id)
  local r = text and read(text)
  if text and not r then answer[i + 1] = UNREADABLE
  elseif not r or not live(r, now) then answer[i + 1] = false
  elseif not copies and redis.call('EXISTS', KEYS[i * 3]) == 1 then answer[i + 1] = 1
  else
    answer[i + 1] = visit(r, text, 0, KEYS[i * 3 - 1], id)
    bytes = bytes + #answer[i + 1]
  end
  if bytes > most then break end
end
return answer
