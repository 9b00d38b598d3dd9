-- back: puts a session that was taken, and cannot be installed here, back where it was.
-- KEYS: session, claim, record, taken, sessions, users, all
-- ARGV: app, token, owner, namespace with its colon
-- RETURNS: 1 when it was put back, 0 when it is not the caller's, or was ended there meanwhile
-- ATOMIC: as take, the other way round.
local session, claim, record, taken, sessions, users, all = unpack(KEYS)
local app, token, owner, namespace = unpack(ARGV)
local state, holder, id, score, ends = unpack(redis.call('HMGET', claim, 'state', 'owner', 'id', 'score', 'ends'))
if state ~= 'taken' or holder ~= owner then return 0 end
local killed = redis.call('EXISTS', session) == 0
redis.call('DEL', claim)
redis.call('ZREM', taken, app .. ':' .. token)
if killed then
  redis.call('DEL', record)
  return 0
end
redis.call('RENAME', record, session)
redis.call('SADD', namespace .. app .. ':us:' .. id, token)
if score ~= '' then
  redis.call('ZADD', sessions, score, token .. ':' .. id)
  if not redis.call('ZSCORE', users, id) then redis.call('ZADD', users, score, id) end
end
if ends ~= '' then redis.call('ZADD', all, ends, app .. ':' .. token .. ':' .. id) end
return 1
