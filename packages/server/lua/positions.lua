-- positions: gives where sessions stand in the order of activity, most recent first, for each partition.
-- KEYS: activity (of each partition)
-- ARGV: now, deadline, base, since, limit, most (to read in all), then for each partition: from (a second, '(' and a second, or +inf)
-- RETURNS: {now, then for each partition: texts of id (16) and second (8) joined, and the second it came to, or ''}
--          Of fewer partitions when the first had much to read: ask again for the rest.
-- ATOMIC: one partition at one instant; partitions of a list are read one after the other.
-- INCLUDES: record, visit
local now, late = clock(ARGV[1], ARGV[2])
late = late or demoted('ZREM', KEYS[1], '')
if late then return late end
local base, limit, left = tonumber(ARGV[3]), tonumber(ARGV[5]), tonumber(ARGV[6])
local since = tonumber(ARGV[4]) + now - base
local answer = { now }

for i = 1, #KEYS do
  local activity, texts, read, packed = KEYS[i], {}, '', ''
  local function add(id, score)
    if score ~= read then read, packed = score, struct.pack('>d', tonumber(score)) end
    texts[#texts + 1] = id
    texts[#texts + 1] = packed
  end
  local range = { ARGV[6 + i], second(since), 'BYSCORE', 'REV', 'LIMIT', 0, limit, 'WITHSCORES' }
  local found = redis.call('ZRANGE', activity, unpack(range))
  -- All sessions of one second are read together, because only their records tell their order within it.
  local last = #found / 2 == limit and found[#found] or ''
  for j = 1, #found, 2 do
    if found[j + 1] ~= last then add(found[j], found[j + 1]) end
  end
  if last ~= '' then
    for _, id in ipairs(redis.call('ZRANGE', activity, last, last, 'BYSCORE')) do add(id, last) end
  end
  left = left - #texts / 2
  answer[#answer + 1], answer[#answer + 2] = table.concat(texts), last
  if left <= 0 then break end
end
return answer
