-- LIBRARY clock: the instant to decide by. No command but TIME.

-- Gives the instant to decide by, and an error when the caller has given up: what was abandoned must not be done late.
local function clock(fake, deadline)
  if fake ~= '' then return tonumber(fake) end
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  if deadline ~= '' and now > tonumber(deadline) then return now, redis.error_reply('LATE ' .. string.format('%.0f', now)) end
  return now
end

-- Index entries have whole seconds, so a session that is read ten times within one second is entered once.
local function second(instant) return instant - instant % 1000 end
