-- positions: gives where sessions stand in the order of activity, most recent first, for each partition.
-- KEYS: activity (of each partition)
-- ARGV: now, deadline, base, since, limit, then for each partition: from (an instant, or +inf)
-- RETURNS: {now, then for each partition: texts of id (16) and last seen (8) joined, and 1 when more may follow}
-- ATOMIC: one partition at one instant; partitions of a list are read one after the other.
-- INCLUDES: record
local now, late = clock(ARGV[1], ARGV[2])
if late then return late end
local base, limit = tonumber(ARGV[3]), tonumber(ARGV[5])
local since = tonumber(ARGV[4]) + now - base
local answer = { now }
for i, activity in ipairs(KEYS) do
  local from = ARGV[5 + i]
  -- Equal instants are told apart by id, in the process: all of them at `from` come along.
  local ties = from == '+inf' and 0 or redis.call('ZCOUNT', activity, from, from)
  local found = redis.call('ZRANGE', activity, from, since, 'BYSCORE', 'REV', 'LIMIT', 0, limit + ties, 'WITHSCORES')
  local texts = {}
  for j = 1, #found, 2 do texts[#texts + 1] = found[j] .. struct.pack('>d', tonumber(found[j + 1])) end
  answer[#answer + 1] = table.concat(texts)
  answer[#answer + 1] = #found / 2 == limit + ties and 1 or 0
end
return answer
