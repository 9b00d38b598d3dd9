-- revoke-subject: ends the sessions of a subject, all or all but one.
-- KEYS: sessions, data, activity, visitors, subjects, due (of the partition)
-- ARGV: now, deadline, subject ('+' and its text), except (an id or ''), limit
-- RETURNS: {now, ended live sessions, ended aliases, sessions left to end, all sessions ended}
-- ATOMIC: a create beside it comes wholly before or wholly after. Beyond `limit` sessions it takes several steps.
-- INCLUDES: record, visit, index, lost
local now, late = clock(ARGV[1], ARGV[2], KEYS[3])
if late then return late end
local subject, except, limit = ARGV[3], ARGV[4], tonumber(ARGV[5])
local p = partition(1)
local victims, revoked, left = {}, 0, 0
for id in string.gmatch(redis.call('HGET', p.subjects, subject) or '', '................') do
  if id ~= except and #victims < limit then
    local r = read(redis.call('HGET', p.sessions, id))
    if r and live(r, now) then revoked = revoked + 1 end
    victims[#victims + 1] = { id = id, r = r or lost(p, id) }
  elseif id ~= except then
    left = left + 1
  end
end
return { now, revoked, remove(p, victims, now), left, #victims }
