-- install: puts sessions in as their records say, whose instants stay as they are.
-- KEYS: sessions, data, activity, visitors, subjects, due (for each session)
-- ARGV: now, deadline, then for each: id, record, data, replace (0: of none that lives, 1: of any; a record: of one that stands so)
-- RETURNS: {now, for each: what became of it (lua/installing.lua)}
-- ATOMIC: a record and its index entries are written together, in the place of those that were there.
-- INCLUDES: record, visit, index, installing
local now, late = clock(ARGV[1], ARGV[2], KEYS[3])
if late then return late end

local answer = { now }
for i = 0, #KEYS / 6 - 1 do
  local id, record, data, replace = unpack(ARGV, i * 4 + 3, i * 4 + 6)
  answer[i + 2] = install(partition(i * 6 + 1), id, read(record), data, replace, now)
end
return answer
