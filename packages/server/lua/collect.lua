-- LIBRARY collect: removes what has expired from a partition; needs the libraries record and index.

-- Looks at up to `limit` sessions that are due. Gives how many it removed, whether more may wait, ended aliases, and how
-- many it looked at.
local function collect(p, now, limit)
  local due = redis.call('ZRANGE', p.due, '-inf', now, 'BYSCORE', 'LIMIT', 0, limit)
  local expired, later = {}, {}
  for _, id in ipairs(due) do
    local text = redis.call('HGET', p.sessions, id)
    local r = text and read(text)
    if r and not live(r, now) then expired[#expired + 1] = { id = id, r = r }
    -- A record that cannot be read stays, because a newer version may have written it. It is looked at again in an hour.
    else later[#later + 1] = { id = id, at = r and expires(r) or text and now + 3600000 or NEVER } end
  end
  local aliases = remove(p, expired, now, 'i')
  local moved = 0
  for _, entry in ipairs(later) do
    -- Entering the later time needs memory. When Redis has none left, the next sweep tries again.
    local done = entry.at == NEVER and redis.call('ZREM', p.due, entry.id)
      or redis.pcall('ZADD', p.due, entry.at, entry.id)
    if type(done) ~= 'table' then moved = moved + 1 end
  end
  local more = #due == limit and #expired + moved > 0
  return #expired, more and 1 or 0, aliases, #due
end
