-- What a team that puts nginx or Webdis before Redis would write: one hash per session, read, counted and moved within the
-- two indexes, in one call. The same work as lua/get.lua; the answer is the finished text, so that the peers only pass it on.
-- KEYS: the session's token
local key = KEYS[1]
local id, r, w, ttl, seen, ip, d = unpack(redis.call('HMGET', key, 'id', 'r', 'w', 'ttl', 'la', 'ip', 'd'))
if not id then return '{}' end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local idle = now - seen
if idle >= ttl * 1000 then return '{}' end
redis.call('HSET', key, 'r', r + 1, 'la', string.format('%.0f', now))
local second = now - now % 1000
if second > tonumber(seen) then
  local score = string.format('%.0f', second)
  redis.call('ZADD', 'sessions', score, key)
  redis.call('ZADD', 'users', score, id)
end
return '{"id":' .. cjson.encode(id) .. ',"r":' .. r .. ',"w":' .. w .. ',"ttl":' .. ttl .. ',"idle":' ..
  math.floor(idle / 1000) .. ',"ip":' .. cjson.encode(ip) .. (d and ',"d":' .. d or '') .. '}'
