-- create: adds a session and applies the cap of its subject.
-- KEYS: sessions, data, activity, visitors, subjects, due (of the partition)
-- ARGV: now, deadline, base, id, record, data, max, onLimit, instead (1: only if the cap ends another one)
-- RETURNS: {now, 'taken'} | {now, 'full'} | {now, 'refused', visits} | {now, 'created', revoked ids, ended aliases, first in partition}
-- ATOMIC: two creates at a cap of one must not both find room; an id must not be given twice.
-- INCLUDES: record, visit, index
local now, late = clock(ARGV[1], ARGV[2], KEYS[3])
if late then return late end
local base, id, record, data, max, onLimit = tonumber(ARGV[3]), ARGV[4], ARGV[5], ARGV[6], ARGV[7], ARGV[8]
local p = partition(1)

-- The caller's clock made the record; its instants move to ours. (base '': they are ours already.)
local r = read(record)
local shift = base and now - base or 0
r.seen, r.created, r.login, r.absolute = r.seen + shift, r.created + shift, r.login + shift, r.absolute + shift

local present = redis.call('HGET', p.sessions, id)
local aliases = {}
if present then
  local old = read(present)
  if not old or live(old, now) then return { now, 'taken' } end
  aliases = remove(p, { { id = id, r = old } }, now)
end

local first = redis.call('EXISTS', p.sessions) == 0
local revoked = {}
if max ~= '' and r.subject ~= '' then
  local held = {}
  for other in string.gmatch(redis.call('HGET', p.subjects, r.subject) or '', '................') do
    local text = redis.call('HGET', p.sessions, other)
    local o = read(text)
    if o and live(o, now) then held[#held + 1] = { id = other, r = o, text = text } end
  end
  local surplus = #held + 1 - tonumber(max)
  if surplus > 0 and onLimit == 'refuse' then
    local visits = {}
    for i, h in ipairs(held) do visits[i] = h.id .. visit(h.r, h.text, math.max(0, now - h.r.seen), p.data, h.id) end
    return { now, 'refused', visits }
  end
  -- Lua compares texts by the locale of the server: bytes have one order.
  local function before(a, b)
    local function age(r) return onLimit == 'revokeOldest' and begun(r) or r.seen end
    if age(a.r) ~= age(b.r) then return age(a.r) < age(b.r) end
    for i = 1, 16 do
      if a.id:byte(i) ~= b.id:byte(i) then return a.id:byte(i) < b.id:byte(i) end
    end
    return false
  end
  table.sort(held, before)
  local ending = {}
  for i = 1, math.min(surplus, #held) do ending[i], revoked[i] = held[i], held[i].id end
  for _, alias in ipairs(remove(p, ending, now)) do aliases[#aliases + 1] = alias end
end

if ARGV[9] == '1' and #revoked == 0 then return { now, 'full' } end
keep(p, id, r, data)
store(p, id, r)
if r.subject ~= '' then redis.call('HSET', p.subjects, r.subject, (redis.call('HGET', p.subjects, r.subject) or '') .. id) end
tellCreated(p, now, id, r)
return { now, 'created', revoked, aliases, first and 1 or 0 }
