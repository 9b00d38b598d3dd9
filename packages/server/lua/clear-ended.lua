-- clear-ended: removes sessions that ended with their whole partition, and counts them.
-- KEYS: ended
-- ARGV: now, deadline, at (when they ended), cursor, about how many
-- RETURNS: {now, how many of them were live when they ended, ended aliases, the cursor of the next step; '0' after the last}
-- ATOMIC: each is counted in the step that removes it, and so once.
-- INCLUDES: record, head, visit, index
local now, late = clock(ARGV[1], ARGV[2])
if late then return late end
local key, at, live, aliases, ids, counted = KEYS[1], tonumber(ARGV[3]), 0, {}, {}, {}
local found = redis.call('HSCAN', key, ARGV[4], 'COUNT', ARGV[5])
for i = 1, #found[2], 2 do
  local id, text = found[2][i], found[2][i + 1]
  -- A walk may meet one twice while Redis makes its table smaller.
  if not counted[id] then
    counted[id], ids[#ids + 1] = true, id
    local ok, form, flags, seen, _, idle, _, _, absolute = pcall(head, text)
    if ok and at < seen + idle and at < absolute then live = live + 1 end
    -- Nearly none has an alias, or had one: only those are unpacked.
    if ok and (form < 3 or flags % 2 == 1 or flags / 16 % 2 >= 1) then addAliases(aliases, id, read(text)) end
  end
end
if #ids > 0 then redis.call('HDEL', key, unpack(ids)) end
return { now, live, aliases, found[1] }
