-- end: ends an old session where it is, with its entries in all indexes.
-- KEYS: session, claim, sessions, users, all
-- ARGV: app, token, id of the user as an index has it ('' = not known), namespace with its colon
-- RETURNS: 1 when a session that lives was ended, else 0
-- ATOMIC: of this and a process that takes the session over, one must lose.
local session, claim, sessions, users, all = unpack(KEYS)
local app, token, entryId, namespace = unpack(ARGV)
local id, ttl, seen
if redis.call('TYPE', session).ok == 'hash' then
  id, ttl, seen = unpack(redis.call('HMGET', session, 'id', 'ttl', 'la'))
end
if redis.replicate_commands then redis.replicate_commands() end
local time = redis.call('TIME')
for _, user in ipairs({ id or entryId, entryId }) do
  if user ~= '' then
    local set = namespace .. app .. ':us:' .. user
    redis.call('ZREM', sessions, token .. ':' .. user)
    redis.call('ZREM', all, app .. ':' .. token .. ':' .. user)
    redis.call('SREM', set, token)
    if redis.call('EXISTS', set) == 0 then redis.call('ZREM', users, user) end
  end
end
-- A marker belongs to a session that has been taken (take), and a ghost opens nothing.
if not id then
  if redis.call('EXISTS', claim) == 0 then redis.call('DEL', session) end
  return 0
end
redis.call('DEL', session)
redis.call('PUBLISH', namespace .. 'cache', app .. ':' .. token)
return (tonumber(ttl or '') or 0) >= time[1] - (tonumber(seen or '') or 0) and 1 or 0
