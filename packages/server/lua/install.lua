-- install: puts a session in as its record says, whose instants stay as they are.
-- KEYS: sessions, data, activity, visitors, subjects, due (of the partition)
-- ARGV: now, deadline, id, record, data, replace (1: in the place of one that lives)
-- RETURNS: {now, 'expired'} | {now, 'present'} | {now, 'installed', ended aliases, first in partition, 1 when the app has one more}
-- ATOMIC: the record and its index entries are written together, in the place of those that were there.
-- INCLUDES: record, visit, index
local now, late = clock(ARGV[1], ARGV[2], KEYS[3])
if late then return late end
local id, r, data, replace = ARGV[3], read(ARGV[4]), ARGV[5], ARGV[6] == '1'
local p = partition(1)
if not live(r, now) then return { now, 'expired' } end

local present = redis.call('HGET', p.sessions, id)
local old = present and read(present)
local lives = present and (not old or live(old, now))
if lives and not replace then return { now, 'present' } end
if present and not old then return UNREADABLE end
local aliases = old and remove(p, { { id = id, r = old } }) or {}
local first = redis.call('EXISTS', p.sessions) == 0
keep(p, id, r, data)
store(p, id, r)
if r.subject ~= '' then redis.call('HSET', p.subjects, r.subject, (redis.call('HGET', p.subjects, r.subject) or '') .. id) end
return { now, 'installed', aliases, first and 1 or 0, lives and 0 or 1 }
