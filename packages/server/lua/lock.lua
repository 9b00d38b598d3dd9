-- lock: asks for the lock of a session, and reads it for who gets it.
-- KEYS: sessions, data, lock
-- ARGV: now, deadline, id, hash, then as claimLock has it
-- RETURNS: false when the token opens nothing here | {now, 1 (it was rotated away)} | {now, granted hash or '', holder's hash or '', visit or ''}
-- ATOMIC: of two that ask one gets it; and what it reads is what the holder before it left.
-- INCLUDES: record, visit, locking, claiming
local now, late = clock(ARGV[1], ARGV[2])
if late then return late end
local sessions, data, lock, id, hash = KEYS[1], KEYS[2], KEYS[3], ARGV[3], ARGV[4]
local text = redis.call('HGET', sessions, id)
if not text then return demoted('HDEL', sessions, '') or false end
local r = read(text)
if not r then return UNREADABLE end
if not live(r, now) then return demoted('HDEL', sessions, '') or false end
if not opens(r, hash, now) then return demoted('HDEL', sessions, '') or wasReplaced(r, hash) and { now, 1 } end
local granted, holder = claimLock(lock, now, 5)
return { now, granted, holder, granted ~= '' and visit(r, text, math.max(0, now - r.seen), data, id) or '' }
