-- outbox-look: looks what waits in outboxes, and removes those in which nothing waits when that is asked for.
-- KEYS: outbox (of each partition)
-- ARGV: now, deadline, 1 to remove what is empty
-- RETURNS: {now, then for each: how many lines wait, and the ids of sessions of which an event is held, one after the other}
-- ATOMIC: an outbox is removed as nobody writes into it.
-- INCLUDES: clock
local now, late = clock(ARGV[1], ARGV[2])
late = late or demoted('HDEL', KEYS[1], '')
if late then return late end
local answer = { now }
for i, outbox in ipairs(KEYS) do
  local at, ids = redis.call('HMGET', outbox, 'n', 't'), {}
  local waiting = tonumber(at[1] or '0') - tonumber(at[2] or '0')
  if redis.call('HLEN', outbox) > waiting + (at[1] and 1 or 0) + (at[2] and 1 or 0) then
    for _, field in ipairs(redis.call('HKEYS', outbox)) do ids[#ids + 1] = string.match(field, '^m:(.+)$') end
  end
  if ARGV[3] == '1' and at[1] and waiting == 0 and #ids == 0 then redis.call('DEL', outbox) end
  answer[i * 2], answer[i * 2 + 1] = waiting, table.concat(ids)
end
return answer
