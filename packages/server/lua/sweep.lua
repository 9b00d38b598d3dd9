-- sweep: removes what has expired.
-- KEYS: sessions, data, activity, visitors, subjects, due (of each partition)
-- ARGV: now, deadline, limit
-- RETURNS: {now, removed sessions, ended aliases, partitions that still hold something, 1 when more may wait}
-- ATOMIC: each session ends whole, decided by its record at that instant.
-- INCLUDES: record, visit, index, collect
local now, late = clock(ARGV[1], ARGV[2], KEYS[3])
if late then return late end
local limit = tonumber(ARGV[3])
local total, held, ended, more = 0, 0, {}, 0
for i = 1, #KEYS, 6 do
  local p = partition(i)
  if total < limit then
    local removed, again, aliases = collect(p, now, limit - total)
    total, more = total + removed, math.max(more, again)
    for _, alias in ipairs(aliases) do ended[#ended + 1] = alias end
  else
    more = 1
  end
  held = held + redis.call('EXISTS', p.sessions)
end
return { now, total, ended, held, more }
