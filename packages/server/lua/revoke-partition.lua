-- revoke-partition: ends sessions of an app, in one or more partitions, up to a limit for all of them.
-- KEYS: sessions, data, activity, visitors, subjects, due, ended (of each partition)
-- ARGV: now, deadline, limit, created ('' = any, else only sessions created until then), time to live of what is set aside (ms)
-- RETURNS: {now, ended live sessions, ended aliases, partitions that are done: ask again for the rest, which of those were set
--          aside: they ended as one, and are to be counted (clear-ended)}
-- ATOMIC: each session ends whole; an app ends in steps that others can come between.
-- INCLUDES: record, visit, index, lost
local now, late = clock(ARGV[1], ARGV[2], KEYS[3])
if late then return late end
local limit, created = tonumber(ARGV[3]), tonumber(ARGV[4])
local looked, revoked, ended, done, aside = 0, 0, {}, 0, {}

-- Ends a whole partition of many at once, by the name of its key. Gives whether that was done: the account of a version before may
-- not have the commands, which is asked of the key that is not there yet.
local function setAside(p, key)
  local count = redis.pcall('HLEN', p.sessions)
  if type(count) == 'table' or count <= limit then return false end
  for _, command in ipairs({ { 'HSCAN', key, 0 }, { 'PEXPIRE', key, 1 }, { 'UNLINK', key }, { 'RENAME', p.sessions, key } }) do
    local answer = redis.pcall(unpack(command))
    if type(answer) == 'table' and answer.err then return false end
  end
  redis.call('PEXPIRE', key, ARGV[5])
  redis.call('UNLINK', p.data, p.activity, p.visitors, p.subjects, p.due)
  return true
end

for i = 1, #KEYS, 7 do
  local p, victims, whole, ids = partition(i), {}, true, {}
  if not created and not telling and setAside(p, KEYS[i + 6]) then
    aside[#aside + 1] = tostring(done)
  else
    ids = redis.call('ZRANGE', p.activity, 0, created and -1 or limit - looked - 1)
  end
  for _, id in ipairs(ids) do
    local r = read(redis.call('HGET', p.sessions, id))
    if not created or r and r.created <= created then
      whole = #victims < limit
      if not whole then break end
      if r and live(r, now) then revoked = revoked + 1 end
      victims[#victims + 1] = { id = id, r = r or lost(p, id) }
    end
  end
  for _, alias in ipairs(remove(p, victims, now)) do ended[#ended + 1] = alias end
  looked = looked + #ids
  if not whole or not created and looked == limit then break end
  done = done + 1
  if looked >= limit then break end
end
return { now, revoked, ended, done, aside }
