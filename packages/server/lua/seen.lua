-- seen: tells when sessions were last seen, to the millisecond.
-- KEYS: sessions (for each id)
-- ARGV: now, deadline, then the ids
-- RETURNS: {now, for each id 1 byte (0 = there is none that can be read, 1 = its data is in the record, 2 = apart) and last seen (8), joined}
-- ATOMIC: each session for itself; nothing is changed.
-- INCLUDES: clock, head
local now, late = clock(ARGV[1], ARGV[2])
late = late or demoted('HDEL', KEYS[1], '')
if late then return late end
local texts = {}
for i = 1, #KEYS do
  local ok, _, flags, seen = pcall(head, redis.call('HGET', KEYS[i], ARGV[i + 2]))
  texts[i] = struct.pack('>Bd', not ok and 0 or flags / 2 % 2 < 1 and 1 or 2, ok and seen or 0)
end
return { now, table.concat(texts) }
