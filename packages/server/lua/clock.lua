-- LIBRARY clock: the instant to decide by, and whether this server may decide.

-- Gives an error on a server that has become a replica: what it does not have, its master may have, and the other way round.
-- It is given a command that writes, and that finds nothing to write: Redis refuses it before it looks at the key.
local function demoted(...)
  local answer = redis.pcall(...)
  local from = type(answer) == 'table' and string.find(answer.err or '', 'READONLY ', 1, true)
  return from and redis.error_reply(string.sub(answer.err, from))
end

-- Gives the instant to decide by, and an error when the caller has given up: what was abandoned must not be done late. `activity`:
-- a sorted set of the script, for those that write when they answer about sessions; absent for the others.
local function clock(fake, deadline, activity)
  -- A command that needs memory: after one that needs none has passed, a full Redis would let the script write all it likes.
  local refusal = activity and demoted('ZADD', activity, 'XX', '0', '')
  if refusal then return 0, refusal end
  if fake ~= '' then return tonumber(fake) end
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  if deadline ~= '' and now > tonumber(deadline) then return now, redis.error_reply('LATE ' .. string.format('%.0f', now)) end
  return now
end

-- Index entries have whole seconds, so a session that is read ten times within one second is entered once.
local function second(instant) return instant - instant % 1000 end
