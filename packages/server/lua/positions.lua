-- positions: gives where sessions stand in the order of activity, most recent first, for each partition.
-- KEYS: sessions, activity (of each partition)
-- ARGV: now, deadline, base, since, limit, most (to read in all), then for each partition: from (a second, '(' and a second, or +inf)
-- RETURNS: {now, then for each partition: texts of id (16) and last seen (8) joined, and the second it came to, or ''}
--          Of fewer partitions when the first had much to read: ask again for the rest.
-- ATOMIC: one partition at one instant; partitions of a list are read one after the other.
-- INCLUDES: clock, record, visit
local now, late = clock(ARGV[1], ARGV[2])
if late then return late end
local base, limit, left = tonumber(ARGV[3]), tonumber(ARGV[5]), tonumber(ARGV[6])
local since = tonumber(ARGV[4]) + now - base
local answer = { now }

for i = 1, #KEYS / 2 do
  local sessions, activity, from = KEYS[i * 2 - 1], KEYS[i * 2], ARGV[6 + i]
  local texts = {}
  local function add(id)
    local text = redis.call('HGET', sessions, id)
    local ok, _, _, _, _, seen = pcall(struct.unpack, '>BBBBd', text)
    left = left - 1
    if ok and seen >= since then texts[#texts + 1] = id .. struct.pack('>d', seen) end
  end
  local range = { from, second(since), 'BYSCORE', 'REV', 'LIMIT', 0, limit, 'WITHSCORES' }
  local found = redis.call('ZRANGE', activity, unpack(range))
  -- All sessions of one second are read together, because only their records tell their order within it.
  local last = #found / 2 == limit and found[#found] or ''
  for j = 1, #found, 2 do
    if found[j + 1] ~= last then add(found[j]) end
  end
  if last ~= '' then
    for _, id in ipairs(redis.call('ZRANGE', activity, last, last, 'BYSCORE')) do add(id) end
  end
  answer[#answer + 1], answer[#answer + 2] = table.concat(texts), last
  if left <= 0 then break end
end
return answer
