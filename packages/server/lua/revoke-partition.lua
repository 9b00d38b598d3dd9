-- revoke-partition: ends sessions of an app, one partition, up to a limit.
-- KEYS: sessions, data, activity, visitors, subjects, due (of the partition)
-- ARGV: now, deadline, limit, created ('' = any, else only sessions created until then)
-- RETURNS: {now, ended live sessions, ended aliases, 1 when more may be left}
-- ATOMIC: each session ends whole; an app ends in steps that others can come between.
-- INCLUDES: record, index, lost
local now, late = clock(ARGV[1], ARGV[2])
if late then return late end
local limit, created = tonumber(ARGV[3]), tonumber(ARGV[4])
local p = partition(1)
local ids = redis.call('ZRANGE', p.activity, 0, created and -1 or limit - 1)
local victims, revoked = {}, 0
for _, id in ipairs(ids) do
  local r = read(redis.call('HGET', p.sessions, id))
  if (not created or r and r.created <= created) and #victims < limit then
    if r and live(r, now) then revoked = revoked + 1 end
    victims[#victims + 1] = { id = id, r = r or lost(p, id) }
  end
end
return { now, revoked, remove(p, victims), #victims == limit and 1 or 0 }
