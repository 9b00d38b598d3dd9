-- live: tells whose sessions live, of some of an app.
-- KEYS: sessions (of the app)
-- ARGV: before the name of a session, then tokens
-- RETURNS: the user id of each that lives
-- ATOMIC: it only reads; one call instead of a thousand.
local time = redis.call('TIME')
local answer = {}
for i = 2, #ARGV do
  local session = ARGV[1] .. ARGV[i]
  if redis.call('TYPE', session).ok == 'hash' then
    local id, ttl, seen = unpack(redis.call('HMGET', session, 'id', 'ttl', 'la'))
    if id and (tonumber(ttl or '') or 0) >= time[1] - (tonumber(seen or '') or 0) then answer[#answer + 1] = id end
  end
end
return answer
