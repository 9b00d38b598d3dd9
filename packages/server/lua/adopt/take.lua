-- take: takes an old session out of redis-sessions' keys, for whoever installs it here; what it was stays as a record.
-- KEYS: session, claim, record, taken, sessions, users, all
-- ARGV: app, token, owner, lease (ms), namespace with its colon
-- RETURNS: {'none'}; {'here'}: installed a moment ago; {'killed'}: installed, and then ended by an old server that had read it before;
--   {'busy', ms}: another process installs it; {'taken', score, then the fields}: the caller has to install it
-- ATOMIC: of a kill by the old library and this, one must lose; and a session must never be neither there nor claimed.
if redis.replicate_commands then redis.replicate_commands() end
local session, claim, record, taken, sessions, users, all = unpack(KEYS)
local app, token, owner, lease, namespace = unpack(ARGV)
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function fields(score)
  local answer = { 'taken', score or '' }
  local values = redis.call('HMGET', record, 'id', 'r', 'w', 'ttl', 'd', 'la', 'ip', 'no_resave')
  for i = 1, 8 do answer[i + 2] = values[i] end
  return answer
end
local known = redis.call('HMGET', claim, 'state', 'owner', 'until', 'score')
local lasts = string.format('%.0f', now + lease)
if known[1] == 'taken' then
  if known[2] ~= owner and now < tonumber(known[3]) then return { 'busy', tonumber(known[3]) - now } end
  redis.call('HMSET', claim, 'owner', owner, 'until', lasts)
  return fields(known[4])
end
if known[1] then return { redis.call('EXISTS', session) == 1 and 'here' or 'killed' } end
if redis.call('TYPE', session).ok ~= 'hash' then return { 'none' } end
local id, ttl, seen = unpack(redis.call('HMGET', session, 'id', 'ttl', 'la'))
if not id then return { 'none' } end
if tonumber(ttl or '') and tonumber(seen or '') and tonumber(ttl) < time[1] - seen then return { 'none' } end
local entry, user = token .. ':' .. id, namespace .. app .. ':us:' .. id
local score = redis.call('ZSCORE', sessions, entry) or ''
redis.call('HMSET', claim, 'state', 'taken', 'owner', owner, 'until', lasts, 'id', id, 'score', score,
  'ends', redis.call('ZSCORE', all, app .. ':' .. entry) or '')
redis.call('RENAME', session, record)
-- Whoever has read the session before, and ends it now, ends this: by that the kill is known (settle, done).
redis.call('HSET', session, 'adopted', '1')
redis.call('ZREM', sessions, entry)
redis.call('ZREM', all, app .. ':' .. entry)
redis.call('SREM', user, token)
if redis.call('EXISTS', user) == 0 then redis.call('ZREM', users, id) end
redis.call('ZADD', taken, now, app .. ':' .. token)
redis.call('PUBLISH', namespace .. 'cache', app .. ':' .. token)
return fields(score)
