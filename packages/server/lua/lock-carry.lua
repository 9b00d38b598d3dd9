-- lock-carry: sets a lock that stood elsewhere, unless there is one.
-- KEYS: lock
-- ARGV: now, deadline, text
-- RETURNS: {now, 1 when it was set, else 0}
-- ATOMIC: of two that carry one lock, the second must not bring back what its holder has ended since.
-- INCLUDES: clock, locking
local now, late = clock(ARGV[1], ARGV[2])
if late then return late end
local key, text = KEYS[1], ARGV[3]
if lockAt(key, now).hash ~= '' then return { now, 0 } end
keepLock(key, lockIn(text, now), now)
return { now, 1 }
