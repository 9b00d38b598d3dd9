-- count: counts live sessions and their subjects; removes what has expired first, so that the indexes are the answer.
-- KEYS: sessions, data, activity, visitors, subjects, due (of each partition)
-- ARGV: now, deadline, base, since, limit
-- RETURNS: {now, sessions, subjects, ended aliases, 1 when a partition had more to remove than the limit: ask again}
-- ATOMIC: removing and counting, or what expired in between would be counted.
-- INCLUDES: record, index, collect
local now, late = clock(ARGV[1], ARGV[2])
if late then return late end
local base, limit = tonumber(ARGV[3]), tonumber(ARGV[5])
local since = tonumber(ARGV[4]) + now - base
local sessions, subjects, ended, more = 0, 0, {}, 0
for i = 1, #KEYS, 6 do
  local p = partition(i)
  local removed, again, aliases = collect(p, now, limit)
  more = math.max(more, again)
  for _, alias in ipairs(aliases) do ended[#ended + 1] = alias end
  sessions = sessions + redis.call('ZCOUNT', p.activity, since, '+inf')
  subjects = subjects + redis.call('ZCOUNT', p.visitors, since, '+inf')
end
return { now, sessions, subjects, ended, more }
