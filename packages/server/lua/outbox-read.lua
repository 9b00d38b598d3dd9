-- outbox-read: reads the lines of an outbox that were not moved on yet, the oldest first.
-- KEYS: outbox
-- ARGV: now, deadline, limit
-- RETURNS: {now, number of the first, 1 when there are more, the lines}
-- ATOMIC: one look.
-- INCLUDES: clock
local now, late = clock(ARGV[1], ARGV[2])
late = late or demoted('HDEL', KEYS[1], '')
if late then return late end
local at = redis.call('HMGET', KEYS[1], 'n', 't')
local n, first = tonumber(at[1] or '0'), tonumber(at[2] or '0') + 1
local last, fields = math.min(n, first + tonumber(ARGV[3]) - 1), {}
for number = first, last do fields[#fields + 1] = string.format('%.0f', number) end
return { now, first, n > last and 1 or 0, fields[1] and redis.call('HMGET', KEYS[1], unpack(fields)) or {} }
