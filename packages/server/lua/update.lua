-- update: changes a session if its version is the expected one, and touches it.
-- KEYS: sessions, data, activity, visitors, subjects, due (of the partition)
-- ARGV: now, deadline, id, hash, expect, version, data, ip, agent, label, idle, absolute timeout ('' to leave, or '=' and it),
--       and of a change with a lock: its hash, 1 when it ends; its key is one more
-- RETURNS: false | {now, 0 (conflict) or 1 (updated), visit} | {now, 2 (the lock is lost)}
-- ATOMIC: comparing the version and writing; and an ended session must stay ended.
-- INCLUDES: record, visit, index, change, locking
local now, late = clock(ARGV[1], ARGV[2], KEYS[3])
if late then return late end
local id, hash, expect, version = ARGV[3], ARGV[4], tonumber(ARGV[5]), tonumber(ARGV[6])
local p = partition(1)
local text = redis.call('HGET', p.sessions, id)
if not text then return false end
local r = read(text)
if not r then return UNREADABLE end
if not live(r, now) or not opens(r, hash, now) then return false end
local unseen = math.max(0, now - r.seen)
if r.version ~= expect then return { now, 0, visit(r, text, unseen, p.data, id) } end
if lockLost(KEYS[7], ARGV[13], now) then return { now, 2 } end
change(p, id, r, now, version, 7)
tellChanged(p, now, id, r, false, true)
if ARGV[14] == '1' then leaveLock(KEYS[7], ARGV[13], now) end
return { now, 1, visit(r, write(r), unseen, p.data, id) }
