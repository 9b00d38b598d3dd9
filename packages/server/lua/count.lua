-- count: counts live sessions and their subjects; removes what has expired first, so that the indexes are the answer.
-- KEYS: sessions, data, activity, visitors, subjects, due (of each partition)
-- ARGV: now, deadline, base, since, limit
-- RETURNS: {now, sessions, subjects, ended aliases, partitions that were counted: ask again for the rest,
--          sessions that were removed}
-- ATOMIC: removing and counting, or what expired in between would be counted.
-- INCLUDES: record, head, visit, index, collect
local now, late = clock(ARGV[1], ARGV[2], KEYS[3])
if late then return late end
local base, limit = tonumber(ARGV[3]), tonumber(ARGV[5])
local since = tonumber(ARGV[4]) + now - base
local first = string.format('%.0f', second(since))
local sessions, subjects, ended, counted, removed = 0, 0, {}, 0, 0
-- How much one step may look at, in all its partitions together.
local left = limit

-- Counts the entries since then: of the first second, which is counted in part, those that `isSince` says.
local function entries(key, isSince)
  local count = redis.call('ZCOUNT', key, '(' .. first, '+inf')
  local members = redis.call('ZRANGE', key, first, first, 'BYSCORE')
  left = left - #members
  for _, member in ipairs(members) do
    if isSince(member) then count = count + 1 end
  end
  return count
end

for i = 1, #KEYS, 6 do
  local p = partition(i)
  local gone, again, aliases, looked = collect(p, now, left)
  for _, alias in ipairs(aliases) do ended[#ended + 1] = alias end
  left, removed = left - looked, removed + gone
  if again == 1 then break end
  local function seenSince(id)
    local ok, _, _, seen = pcall(head, redis.call('HGET', p.sessions, id))
    return ok and seen >= since
  end
  sessions = sessions + entries(p.activity, seenSince)
  subjects = subjects + entries(p.visitors, function(subject)
    for id in string.gmatch(redis.call('HGET', p.subjects, subject) or '', '................') do
      if seenSince(id) then return true end
    end
  end)
  counted = counted + 1
  if left <= 0 then break end
end
return { now, sessions, subjects, ended, counted, removed }
