-- quota-drop: removes what is kept of an app without sessions.
-- KEYS: quota
-- ARGV: now, deadline
-- RETURNS: {now, 1}, or {now, 0} when a session may be about to be written: nothing was removed
-- ATOMIC: a lease that is taken beside it is seen, or taken afterwards.
-- INCLUDES: clock
local now, late = clock(ARGV[1], ARGV[2])
if late then return late end
local quota = KEYS[1]
local members = redis.call('ZRANGE', quota, 0, -1, 'WITHSCORES')
for i = 1, #members, 2 do
  if #members[i] > 16 and tonumber(members[i + 1]) > now then return { now, 0 } end
end
redis.call('DEL', quota)
return { now, 1 }
