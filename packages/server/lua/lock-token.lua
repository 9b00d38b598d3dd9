-- lock-token: asks for the lock of a token that opens nothing.
-- KEYS: alias, lock
-- ARGV: now, deadline, what the alias was found to hold ('' = nothing), then as claimLock has it
-- RETURNS: false when the alias holds something else by now | {now, granted hash or '', holder's hash or ''}
-- ATOMIC: who creates the session claims the alias first, so from then on nobody gets the lock here.
-- INCLUDES: clock, locking, claiming
local now, late = clock(ARGV[1], ARGV[2])
if late then return late end
local alias, lock, found = KEYS[1], KEYS[2], ARGV[3]
if (redis.call('GET', alias) or '') ~= found then return false end
local granted, holder = claimLock(lock, now, 4)
return { now, granted, holder }
