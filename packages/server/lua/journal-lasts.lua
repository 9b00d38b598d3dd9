-- journal-lasts: gives where journals end.
-- KEYS: known (for each app)
-- ARGV: now, deadline
-- RETURNS: {now, then for each the position of its last event}
-- ATOMIC: each for itself; nothing is changed.
-- INCLUDES: clock
local now, late = clock(ARGV[1], ARGV[2])
late = late or demoted('HDEL', KEYS[1], '')
if late then return late end
local answer = { now }
for i, known in ipairs(KEYS) do answer[i + 1] = redis.call('HGET', known, 'n') or '0-0' end
return answer
