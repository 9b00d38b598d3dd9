-- vacate: ends a session that was copied to another partition, and notes where it is now (the 'word').
-- KEYS: sessions, data, activity, visitors, subjects, due, moved (of the partition)
-- ARGV: now, deadline, id, hash, version, new id, time to live of the word (ms); and with a lock, whose key is one more, its hash
-- RETURNS: {now, 1 or 0, ended aliases, 1 when it lives on because its version is another, or the lock is lost}
-- ATOMIC: until this instant the token opens the old session; from it on the new one, where the token is kept.
-- INCLUDES: record, visit, index, locking
local now, late = clock(ARGV[1], ARGV[2], KEYS[3])
if late then return late end
local id, hash, version, newId, ttl = ARGV[3], ARGV[4], tonumber(ARGV[5]), ARGV[6], ARGV[7]
local p, word = partition(1), KEYS[7]
local text = redis.call('HGET', p.sessions, id)
local r = text and read(text)
if text and not r then return UNREADABLE end
-- A token that was replaced may still read during its grace, but it may not move the session.
if not r or not live(r, now) or hash ~= r.hash then return { now, 0, {}, 0 } end
if r.version ~= version then return { now, 0, {}, 1 } end
if lockLost(KEYS[8], ARGV[8], now) then return { now, 0, {}, 1 } end
redis.call('SET', word, newId, 'PX', ttl)
local aliases = remove(p, { { id = id, r = r } }, now)
if KEYS[8] then leaveLock(KEYS[8], ARGV[8], now) end
return { now, 1, aliases, 0 }
