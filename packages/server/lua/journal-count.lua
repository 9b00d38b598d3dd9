-- journal-count: counts the events of an app between two positions, by their numbers, and gives where its journal begins and ends.
-- KEYS: stream, known
-- ARGV: now, deadline, after, to (positions; '-' and '+': all)
-- RETURNS: {now, events after the one, up to the other and it included; floor, last, bytes of all lines there ever were}
-- ATOMIC: one look.
-- INCLUDES: clock
local now, late = clock(ARGV[1], ARGV[2])
late = late or demoted('HDEL', KEYS[2], '')
if late then return late end

local function number(entries) return entries[1] and tonumber(string.match(entries[1][1], '-(%d+)$')) end
local function upTo(position) return number(redis.call('XREVRANGE', KEYS[1], position, '-', 'COUNT', 1)) end

local first = number(redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1))
local events = 0
if first then
  local before = ARGV[3] ~= '-' and upTo(ARGV[3]) or first - 1
  events = math.max(0, (upTo(ARGV[4]) or 0) - before)
end
local known = redis.call('HMGET', KEYS[2], 'f', 'n', 'b')
return { now, events, known[1] or '0-0', known[2] or '0-0', tonumber(known[3] or '0') }
