-- of-subject: reads the live sessions of a subject; only their ids when there are many.
-- KEYS: sessions, data, subjects (of the partition)
-- ARGV: now, deadline, subject ('+' and its text), few (as many are read)
-- RETURNS: {now, '' or the ids of many joined, then for each of few its id and a visit as one text}
-- ATOMIC: one instant: a session that moved up meanwhile must not be missed.
-- INCLUDES: record, visit
local now, late = clock(ARGV[1], ARGV[2])
late = late or demoted('HDEL', KEYS[1], '')
if late then return late end
local subject, few = ARGV[3], tonumber(ARGV[4])
local sessions, data, subjects = KEYS[1], KEYS[2], KEYS[3]
local ids = redis.call('HGET', subjects, subject) or ''
if #ids > few * 16 then return { now, ids } end
local answer = { now, '' }
for id in string.gmatch(ids, '................') do
  local text = redis.call('HGET', sessions, id)
  local r = read(text)
  if r and live(r, now) then answer[#answer + 1] = id .. visit(r, text, math.max(0, now - r.seen), data, id) end
end
return answer
