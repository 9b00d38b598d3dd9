-- LIBRARY visit: what verbs ask of a record, and what they answer of it; needs the library record.

local function expires(r) return math.min(r.seen + r.idle, r.absolute) end
local function live(r, now) return now < r.seen + r.idle and now < r.absolute end

-- When the absolute timeout starts: at the login, or at the creation while nobody has logged in.
local function begun(r) return r.login < 1 / 0 and r.login or r.created end

-- The token of now, or one that was replaced, within its grace. Hashes are compared: their timing tells nothing of a secret.
local function opens(r, hash, now)
  if hash == r.hash then return true end
  for _, o in ipairs(r.old) do
    if hash == o.hash and now < o.grace then return true end
  end
  return false
end

-- Of a token that does not open a session: whether it was one that a rotation replaced, whose grace is over.
local function wasReplaced(r, hash)
  for _, o in ipairs(r.old) do
    if hash == o.hash then return true end
  end
  return false
end

-- Adds the aliases of a session: hash, id, hash, …
local function addAliases(aliases, id, r)
  if r.alias == 1 then aliases[#aliases + 1], aliases[#aliases + 2] = r.hash, id end
  for _, o in ipairs(r.old) do if o.alias == 1 then aliases[#aliases + 1], aliases[#aliases + 2] = o.hash, id end end
end

-- What the process reads as a visit: how long idle, the record, and the data when it is kept apart.
local function visit(r, text, idle, dataKey, id)
  local data = r.apart == 1 and redis.call('HGET', dataKey, id) or ''
  return struct.pack('>d', idle) .. text .. data
end
