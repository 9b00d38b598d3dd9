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
local first = string.format('%.0f', second(since))
local sessions, subjects, ended, more = 0, 0, {}, 0

-- Counts the entries since then: of the first second, which is counted in part, those that `isSince` says.
local function entries(key, isSince)
  local count = redis.call('ZCOUNT', key, '(' .. first, '+inf')
  for _, member in ipairs(redis.call('ZRANGE', key, first, first, 'BYSCORE')) do
    if isSince(member) then count = count + 1 end
  end
  return count
end

for i = 1, #KEYS, 6 do
  local p = partition(i)
  local _, again, aliases = collect(p, now, limit)
  more = math.max(more, again)
  for _, alias in ipairs(aliases) do ended[#ended + 1] = alias end
  local function seenSince(id) return read(redis.call('HGET', p.sessions, id)).seen >= since end
  sessions = sessions + entries(p.activity, seenSince)
  subjects = subjects + entries(p.visitors, function(subject)
    for id in string.gmatch(redis.call('HGET', p.subjects, subject), '................') do
      if seenSince(id) then return true end
    end
  end)
end
return { now, sessions, subjects, ended, more }
