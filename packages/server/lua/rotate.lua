-- rotate: gives a session a new credential; the old one reads during the grace.
-- KEYS: sessions, data (of the partition)
-- ARGV: now, deadline, id, hash, new hash, new alias (0 or 1), grace (ms; 0 or less: none)
-- RETURNS: false | {now, visit, ended aliases}
-- ATOMIC: of two rotations of one token without grace exactly one may win.
-- INCLUDES: record
local now, late = clock(ARGV[1], ARGV[2])
if late then return late end
local id, hash, newHash, newAlias, grace = ARGV[3], ARGV[4], ARGV[5], tonumber(ARGV[6]), tonumber(ARGV[7])
local sessions, data = KEYS[1], KEYS[2]
local text = redis.call('HGET', sessions, id)
if not text then return false end
local r = read(text)
if not r then return UNREADABLE end
if not live(r, now) or not opens(r, hash, now) then return false end
local ended = {}
if r.oldAlias == 1 then ended = { r.old, id } end
if grace > 0 then
  r.old, r.oldAlias, r.grace = r.hash, r.alias, now + grace
else
  if r.alias == 1 then ended[#ended + 1], ended[#ended + 2] = r.hash, id end
  r.old, r.oldAlias, r.grace = '', 0, 0
end
r.hash, r.alias = newHash, newAlias
local after = write(r)
redis.call('HSET', sessions, id, after)
return { now, visit(r, after, math.max(0, now - r.seen), data, id), ended }
