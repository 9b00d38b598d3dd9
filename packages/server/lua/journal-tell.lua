-- journal-tell: writes an event that no change of a session makes, or the one that is held of a session.
-- KEYS: activity (of the partition)
-- ARGV: now, deadline, id, its letter ('' = only what is held), what stands behind its count
-- RETURNS: {now}
-- ATOMIC: an event and its number.
-- INCLUDES: clock, lines, journal
local now, late = clock(ARGV[1], ARGV[2], KEYS[1])
if late then return late end
local e = { id = ARGV[3] }
if ARGV[4] ~= '' then e.head, e.rest = ARGV[4] .. hex(now), ARGV[5] end
tell({ outbox = outboxes[1] }, now, { e })
return { now }
