-- LIBRARY journal: writes what happened to sessions into the journal of their app, in the step that does it. Needs visit.
-- A script that tells has keys and an argument beyond those of its header (src/stores/redis/telling.ts): on one server the stream of the
-- app and what is known of it, in a Cluster the outbox of each partition. They are taken off here, before anything else counts.
local telling, outboxes = nil, {}
while string.sub(KEYS[#KEYS], -3) == '}:o' do table.insert(outboxes, 1, table.remove(KEYS)) end
if outboxes[1] then telling = {} end
if string.sub(KEYS[#KEYS], -3) == '}:e' then telling = { stream = table.remove(KEYS), known = table.remove(KEYS) } end
if telling then
  local events, updates, history, reason, by, note, other =
    string.match(table.remove(ARGV), '^(.)(.)\n(.-)\n(.-)\n(.-)\n(.-)\n(.-)$')
  telling.events, telling.updates, telling.history = events == '1', updates == '1', tonumber(history)
  telling.reason, telling.by, telling.note, telling.other = reason, by, note, other
end

local function escaped(text)
  if not string.find(text, '[\\\n]') then return text end
  return (string.gsub(string.gsub(text, '\\', '\\\\'), '\n', '\\n'))
end

-- Lines, entries: what may be absent at the end is left out.
local function joined(fields)
  while fields[#fields] == '' do fields[#fields] = nil end
  return table.concat(fields, '\n')
end

-- An event, of which only its count is missing (drawn in src/core/event-line.ts). More fields: what its type has.
local function event(letter, at, id, r, ...)
  return { id = id, head = letter .. hex(at), rest = joined({ string.format('%.0f', r.version), id, escaped(r.subject), ... }) }
end

-- Keeps an event back until its session is heard of again, or is said to be there: the copy of one that moves may be in vain.
local function hold(p, e) redis.call('HSET', telling.known or p.outbox, 'm:' .. e.id, e.head .. '\n' .. e.rest) end

-- Writes events, each behind the one that is held of its session. `unheard`: of a session that has one held, neither is told.
-- An event without a head says only that its session is there.
local function tell(p, now, events, unheard)
  local key, fields, lines = telling.known or p.outbox, { 'n', 'b' }, {}
  for i, e in ipairs(events) do fields[i + 2] = 'm:' .. e.id end
  local found, met = redis.call('HMGET', key, unpack(fields)), {}
  for i, e in ipairs(events) do
    local held = not met[e.id] and found[i + 2]
    if held then
      met[e.id] = true
      redis.call('HDEL', key, fields[i + 2])
      if not unheard then lines[#lines + 1] = { string.match(held, '^(.-)\n(.*)$') } end
    end
    if e.head and not (held and unheard) then lines[#lines + 1] = { e.head, e.rest } end
  end
  if lines[1] then enterLines(telling, key, now, lines, found) end
end
