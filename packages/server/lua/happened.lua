-- LIBRARY happened: what verbs tell of a session; needs visit, journal and remember.

-- Gives the reason, the instant, who and why: what a deadline has ended, nobody else has.
local function endOf(r, now, reason)
  local deadline = expires(r)
  if now < deadline then return reason, now, telling.by, telling.note end
  return r.absolute == deadline and 'b' or 'i', deadline, '', ''
end

-- `reason`: a letter (src/core/event-line.ts).
local function tellEnds(p, now, victims, reason)
  local events, entries = {}, {}
  for i, victim in ipairs(victims) do
    local id, r = victim.id, victim.r
    local why, at, by, note = endOf(r, now, reason)
    events[i] = event('e', at, id, r, why, by, note, escaped(r.ip))
    if telling.history and r.subject ~= '' and r.created then
      entries[r.subject] = entries[r.subject] or {}
      table.insert(entries[r.subject], entryOf(id, r, why, at, by, note))
    end
  end
  -- A copy that is taken back is no session that anybody had.
  if telling.other ~= '-' then remember(p, entries) end
  if not telling.events then return end
  if telling.stream and #telling.other == 16 then events[#events + 1] = { id = telling.other } end
  tell(p, now, events, telling.other == '-')
end

-- Also of the copy of one that moves, which is only held: `other` is the id that it had.
local function tellCreated(p, now, id, r)
  if not telling or not telling.events then return end
  if telling.other ~= '' then return hold(p, event('r', now, id, r, telling.by, '+' .. telling.other)) end
  tell(p, now, { event('c', now, id, r, escaped(r.ip), escaped(r.agent), escaped(r.label)) })
end

-- `rotated`, `changed`: which of the two it was.
local function tellChanged(p, now, id, r, rotated, changed)
  if not telling or not telling.events then return end
  local events = rotated and { event('r', now, id, r, telling.by) } or {}
  if changed and telling.updates then events[#events + 1] = event('u', now, id, r, telling.by) end
  if events[1] then tell(p, now, events) end
end
