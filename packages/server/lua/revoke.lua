-- revoke: ends one session, by token or by id.
-- KEYS: sessions, data, activity, visitors, subjects, due (of the partition)
-- ARGV: now, deadline, id, hash ('' = by id), version ('' = any), 1 when only its present token will do; and with a lock, whose key is one more, its hash
-- RETURNS: {now, 1 or 0, ended aliases, 1 when it lives on because its version is another, or the lock is lost; 2 when the token was rotated away}
-- ATOMIC: the record and its index entries end together.
-- INCLUDES: record, visit, index, locking
local now, late = clock(ARGV[1], ARGV[2], KEYS[3])
if late then return late end
local id, hash, version, present = ARGV[3], ARGV[4], ARGV[5], ARGV[6] == '1'
local p = partition(1)
local text = redis.call('HGET', p.sessions, id)
local r = text and read(text)
if text and not r then return UNREADABLE end
if not r or not live(r, now) then return { now, 0, {}, 0 } end
if hash ~= '' and not opens(r, hash, now) then return { now, 0, {}, wasReplaced(r, hash) and 2 or 0 } end
if present and hash ~= r.hash then return { now, 0, {}, 0 } end
if version ~= '' and r.version ~= tonumber(version) then return { now, 0, {}, 1 } end
if lockLost(KEYS[7], ARGV[7], now) then return { now, 0, {}, 1 } end
local aliases = remove(p, { { id = id, r = r } }, now)
if KEYS[7] then leaveLock(KEYS[7], ARGV[7], now) end
return { now, 1, aliases, 0 }
