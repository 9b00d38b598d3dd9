-- outbox-take: takes lines away that were copied.
-- KEYS: outbox
-- ARGV: now, deadline, number of the last one, its first 12 bytes (its instant)
-- RETURNS: {now, how many were taken}
-- ATOMIC: only the lines that were read: after a failover others may have their numbers.
-- INCLUDES: clock
local now, late = clock(ARGV[1], ARGV[2])
late = late or demoted('HDEL', KEYS[1], '')
if late then return late end
local last, fields = tonumber(ARGV[3]), {}
local line = redis.call('HGET', KEYS[1], ARGV[3])
if not line or string.sub(line, 1, 12) ~= ARGV[4] then return { now, 0 } end
for number = tonumber(redis.call('HGET', KEYS[1], 't') or '0') + 1, last do
  fields[#fields + 1] = string.format('%.0f', number)
end
if fields[1] then redis.call('HDEL', KEYS[1], unpack(fields)) end
redis.call('HSET', KEYS[1], 't', ARGV[3])
return { now, #fields }
