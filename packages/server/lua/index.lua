-- LIBRARY index: adds and removes sessions with all their index entries; needs record and visit. A partition p is six keys.
-- INCLUDES: lines, journal, remember, happened, partition
local INLINE, NEVER = 256, 1 / 0

-- Long data has a place of its own: a touch then re-writes (and replicates) the short record only.
local function keep(p, id, r, data)
  if #data > INLINE then
    redis.call('HSET', p.data, id, data)
    r.apart, r.inline = 1, ''
  else
    if r.apart == 1 then redis.call('HDEL', p.data, id) end
    r.apart, r.inline = 0, data
  end
end

-- `due` is when the sweep looks, never later than the deadline; a touch does not move it, the sweep does.
local function store(p, id, r)
  redis.call('HSET', p.sessions, id, write(r))
  redis.call('ZADD', p.activity, second(r.seen), id)
  if r.subject ~= '' then redis.call('ZADD', p.visitors, 'GT', second(r.seen), r.subject) end
  if expires(r) < NEVER then redis.call('ZADD', p.due, 'LT', expires(r), id) end
end

-- Every removal passes here, and is told: with `reason`, a letter, or as what the script does; '-': not at all. Gives the aliases that
-- ended too: hash, id, hash, … HDEL is first: a script that starts with a removal may go on when the memory of Redis is full.
local function remove(p, victims, now, reason)
  local ids, ended, latest, aliases = {}, {}, {}, {}
  for i, victim in ipairs(victims) do
    local id, r = victim.id, victim.r
    ids[i], ended[id] = id, true
    if r.subject ~= '' then latest[r.subject] = math.max(latest[r.subject] or 0, r.seen) end
    addAliases(aliases, id, r)
  end
  if #ids == 0 then return aliases end
  inParts(ids, function(part)
    for _, key in ipairs({ p.sessions, p.data }) do redis.call('HDEL', key, unpack(part)) end
    for _, key in ipairs({ p.activity, p.due }) do redis.call('ZREM', key, unpack(part)) end
  end)
  if telling and reason ~= '-' then
    inParts(victims, function(part) tellEnds(p, now, part, reason or telling.reason) end)
  end
  local gone = {}
  for subject, seen in pairs(latest) do
    local left = {}
    for id in string.gmatch(redis.call('HGET', p.subjects, subject) or '', '................') do
      if not ended[id] then left[#left + 1] = id end
    end
    if #left == 0 then gone[#gone + 1] = subject
    else
      redis.call('HSET', p.subjects, subject, table.concat(left))
      if tonumber(redis.call('ZSCORE', p.visitors, subject)) <= seen then
        local last = 0
        for _, id in ipairs(left) do last = math.max(last, tonumber(redis.call('ZSCORE', p.activity, id))) end
        redis.call('ZADD', p.visitors, last, subject)
      end
    end
  end
  if #gone > 0 then redis.call('HDEL', p.subjects, unpack(gone)) redis.call('ZREM', p.visitors, unpack(gone)) end
  return aliases
end
