-- quota-look: gives the leases, before the sessions of an app are counted.
-- KEYS: quota
-- ARGV: now, deadline
-- RETURNS: {now, changes so far, then for each lease its name and the instant it ends at}
-- ATOMIC: the leases are those of that number of changes.
-- INCLUDES: clock
local now, late = clock(ARGV[1], ARGV[2])
if late then return late end
local quota = KEYS[1]
-- From here on there is a key, at which what is written without a lease sees that somebody counts (quota-note).
local answer = { now, redis.call('ZINCRBY', quota, 0, 'changes') }
local members = redis.call('ZRANGE', quota, 0, -1, 'WITHSCORES')
for i = 1, #members, 2 do
  if #members[i] > 16 then answer[#answer + 1], answer[#answer + 2] = members[i], members[i + 1] end
end
return answer
