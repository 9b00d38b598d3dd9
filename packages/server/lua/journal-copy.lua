-- journal-copy: copies lines of outboxes into the stream of their app.
-- KEYS: stream, known
-- ARGV: now, deadline, then for each outbox: its partition, the number of its first line, how many lines, and the lines
-- RETURNS: {now, how many were new}
-- ATOMIC: lines, and up to which number they were copied: of two that copy the same ones, one finds them there.
-- INCLUDES: clock, lines
local now, late = clock(ARGV[1], ARGV[2])
late = late or demoted('HDEL', KEYS[2], '')
if late then return late end
local stream, known = KEYS[1], KEYS[2]
local from, lines, copied, i = now, {}, {}, 3
while i <= #ARGV do
  local partition, first, count = 'p:' .. ARGV[i], tonumber(ARGV[i + 1]), tonumber(ARGV[i + 2])
  local upTo, latest = string.match(redis.call('HGET', known, partition) or '0 0', '^(%d+) (%d+)$')
  upTo, latest = tonumber(upTo), tonumber(latest)
  for k = 0, count - 1 do
    local line = ARGV[i + 3 + k]
    local at = tonumber(string.sub(line, 1, 12), 16)
    -- A number that comes again with a later instant is of an outbox that a failover has set back.
    if first + k > upTo or at > latest then
      lines[#lines + 1] = { at = at, nth = #lines, text = string.sub(line, 13) }
      upTo, latest, from = first + k, math.max(latest, at), math.max(from, at)
    end
  end
  copied[#copied + 1], copied[#copied + 2] = partition, string.format('%.0f %.0f', upTo, latest)
  i = i + 3 + count
end
if #lines == 0 then return { now, 0 } end
-- Those of several outboxes as they were written, so that a new session does not come before the one that it has taken the place of.
table.sort(lines, function(a, b) return a.at < b.at or a.at == b.at and a.nth < b.nth end)
local found = redis.call('HMGET', known, 'n', 'b')
local last, bytes = append(stream, from, lines, found[1], found[2])
redis.call('HSET', known, 'n', last, 'b', bytes, unpack(copied))
return { now, #lines }
