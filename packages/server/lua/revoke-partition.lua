-- revoke-partition: ends sessions of an app, in one or more partitions, up to a limit for all of them.
-- KEYS: sessions, data, activity, visitors, subjects, due (of each partition)
-- ARGV: now, deadline, limit, created ('' = any, else only sessions created until then)
-- RETURNS: {now, ended live sessions, ended aliases, partitions that are done: ask again for the rest}
-- ATOMIC: each session ends whole; an app ends in steps that others can come between.
-- INCLUDES: record, visit, index, lost
local now, late = clock(ARGV[1], ARGV[2], KEYS[3])
if late then return late end
local limit, created = tonumber(ARGV[3]), tonumber(ARGV[4])
local looked, revoked, ended, done = 0, 0, {}, 0
for i = 1, #KEYS, 6 do
  local p, victims, whole = partition(i), {}, true
  local ids = redis.call('ZRANGE', p.activity, 0, created and -1 or limit - looked - 1)
  for _, id in ipairs(ids) do
    local r = read(redis.call('HGET', p.sessions, id))
    if not created or r and r.created <= created then
      whole = #victims < limit
      if not whole then break end
      if r and live(r, now) then revoked = revoked + 1 end
      victims[#victims + 1] = { id = id, r = r or lost(p, id) }
    end
  end
  for _, alias in ipairs(remove(p, victims)) do ended[#ended + 1] = alias end
  looked = looked + #ids
  if not whole or not created and looked == limit then break end
  done = done + 1
  if looked >= limit then break end
end
return { now, revoked, ended, done }
