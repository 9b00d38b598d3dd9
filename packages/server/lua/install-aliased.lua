-- install-aliased: puts sessions in as their records say, each with its alias, where nothing stands in the way of either.
-- KEYS: sessions, data, activity, visitors, subjects, due, alias (for each session)
-- ARGV: now, deadline, then for each: id, record, data, replace (as lua/install.lua has it), alias value (id:until),
-- time to live of the alias (ms; '' = none)
-- RETURNS: {now, for each: what became of it (lua/installing.lua), or {'held'}: nothing was done, it is to be claimed first}
-- ATOMIC: nobody else claims the alias, or writes the session, between the look and the two.
-- INCLUDES: record, visit, index, installing
local now, late = clock(ARGV[1], ARGV[2], KEYS[3])
if late then return late end

-- Whether the alias leads to the session of that id, and its token opens it.
local function isThere(p, id, r, value)
  if string.sub(value, 1, #id) ~= id then return false end
  local present = redis.call('HGET', p.sessions, id)
  local old = present and read(present)
  return old and old.hash == r.hash and live(old, now)
end

local function installAliased(p, alias, id, r, data, replace, value, ttl)
  -- What stands as it was read is there already.
  if #replace > 1 then return { 'held' } end
  local present = redis.call('GET', alias)
  if present then return { replace == '0' and live(r, now) and isThere(p, id, r, present) and 'present' or 'held' } end
  -- Whatever stands at the id, also what is over: its own alias may be another one, which is to be released.
  if live(r, now) and redis.call('HGET', p.sessions, id) then return { 'held' } end
  local done = install(p, id, r, data, '0', now)
  if done[1] ~= 'installed' then return done end
  if ttl == '' then redis.call('SET', alias, value) else redis.call('SET', alias, value, 'PX', ttl) end
  return done
end

local answer = { now }
for i = 0, #KEYS / 7 - 1 do
  local id, record, data, replace, value, ttl = unpack(ARGV, i * 6 + 3, i * 6 + 8)
  answer[i + 2] = installAliased(partition(i * 7 + 1), KEYS[i * 7 + 7], id, read(record), data, replace, value, ttl)
end
return answer
