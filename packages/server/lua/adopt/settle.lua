-- settle: looks at sessions that were installed here: whether an old server that had read one before has ended it since.
-- KEYS: here
-- ARGV: from, count, settled after (ms), before the name of a claim, namespace with its colon
-- RETURNS: {how many of them stay, how many were looked at, then APP:TOKEN of each that was ended}
-- ATOMIC: what is settled loses its marker and its claim in one.
if redis.replicate_commands then redis.replicate_commands() end
local from, count, after, claims, namespace = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4], ARGV[5]
local time = redis.call('TIME')
local settled = time[1] * 1000 + math.floor(time[2] / 1000) - after
local members = redis.call('ZRANGE', KEYS[1], from, from + count - 1, 'WITHSCORES')
local answer, stay = { 0, #members / 2 }, 0
for i = 1, #members, 2 do
  local member = members[i]
  local app, token = string.match(member, '^([^:]*):(.*)$')
  local session, claim = namespace .. member, claims .. member
  local id = redis.call('HGET', claim, 'id')
  if not id then redis.call('ZREM', KEYS[1], member)
  elseif redis.call('EXISTS', session) == 0 then
    answer[#answer + 1], stay = member, stay + 1
  elseif tonumber(members[i + 1]) > settled then stay = stay + 1
  else
    redis.call('DEL', session, claim)
    redis.call('ZREM', KEYS[1], member)
    -- What a get or a set that had read the session before has written into the indexes.
    local user = namespace .. app .. ':us:' .. id
    redis.call('ZREM', namespace .. app .. ':_sessions', token .. ':' .. id)
    redis.call('ZREM', namespace .. 'SESSIONS', member .. ':' .. id)
    if redis.call('EXISTS', user) == 0 then redis.call('ZREM', namespace .. app .. ':_users', id) end
  end
end
answer[1] = stay
return answer
