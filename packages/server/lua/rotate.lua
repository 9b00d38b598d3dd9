-- rotate: gives a session a new credential; the old one reads during the grace.
-- KEYS: sessions, data (of the partition)
-- ARGV: now, deadline, id, hash, new hash, new alias (0 or 1), grace (ms), expect (a version or '')
-- RETURNS: false | {now, 0 (conflict) or 1 (rotated), visit, ended aliases}
-- ATOMIC: of two rotations of one token without grace exactly one may win.
-- INCLUDES: record
local now, late = clock(ARGV[1], ARGV[2])
if late then return late end
local id, hash, newHash, newAlias, grace, expect = ARGV[3], ARGV[4], ARGV[5], tonumber(ARGV[6]), tonumber(ARGV[7]), ARGV[8]
local sessions, data = KEYS[1], KEYS[2]
local text = redis.call('HGET', sessions, id)
if not text then return false end
local r = read(text)
if not r then return UNREADABLE end
if not live(r, now) or not opens(r, hash, now) then return false end
local unseen = math.max(0, now - r.seen)
if expect ~= '' and r.version ~= tonumber(expect) then return { now, 0, visit(r, text, unseen, data, id), {} } end
-- A retry: it has this token already.
if newHash == r.hash then return { now, 1, visit(r, text, unseen, data, id), {} } end
local ended = r.oldAlias == 1 and { r.old, id } or {}
-- The token before is kept past its grace: who presents it then is told apart from who guesses.
r.old, r.oldAlias, r.grace = r.hash, r.alias, now + math.max(0, grace)
r.hash, r.alias = newHash, newAlias
local after = write(r)
redis.call('HSET', sessions, id, after)
return { now, 1, visit(r, after, unseen, data, id), ended }
