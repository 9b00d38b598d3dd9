-- journal-read: reads events of an app, the oldest first.
-- KEYS: stream, known
-- ARGV: now, deadline, after (a position), limit
-- RETURNS: {now, floor, then position and line of each}
-- ATOMIC: what is dropped beside it is either read, or within the floor.
-- INCLUDES: clock
local now, late = clock(ARGV[1], ARGV[2])
late = late or demoted('HDEL', KEYS[2], '')
if late then return late end
local answer = { now, redis.call('HGET', KEYS[2], 'f') or '0-0' }
for _, entry in ipairs(redis.call('XRANGE', KEYS[1], '(' .. ARGV[3], '+', 'COUNT', ARGV[4])) do
  answer[#answer + 1], answer[#answer + 2] = entry[1], entry[2][2]
end
return answer
