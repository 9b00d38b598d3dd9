-- LIBRARY remember: the history of a subject, of what has ended; needs journal.

-- Here as everywhere a text that may be null is '' for null, else '+' and the text. Cuts between characters.
local function cut(text, most)
  if #text - 1 <= most then return text end
  while most > 0 and math.floor((string.byte(text, most + 2)) / 64) == 2 do most = most - 1 end
  return string.sub(text, 1, most + 1)
end

-- As historyEntryOf (src/core/endings.ts): 200 bytes, and what is longer is cut, the user agent first.
local function entryOf(id, r, reason, at, by, note)
  local function whole(text)
    return (string.gsub(text, '\\(.)', function(c) return c == 'n' and '\n' or c end))
  end
  by, note = whole(by), whole(note)
  local room = 140 - math.max(0, #r.ip - 1) - math.max(0, #by - 1)
  local function kept(text, most)
    text = cut(text, math.max(0, math.min(room, most)))
    room = room - math.max(0, #text - 1)
    return escaped(text)
  end
  local label = kept(r.label, 60)
  note = kept(note, 60)
  local number = function(n) return string.format('%.0f', n) end
  return joined({ id, hex(r.created), number(r.seen - r.created), number(at - r.seen), reason, escaped(by), note, label,
    escaped(r.ip), kept(r.agent, 200) })
end

-- In the slot of the partition, under a name that only the record tells. A slot that is just moving may refuse it: the end itself is told.
local function remember(p, entries)
  for subject, texts in pairs(entries) do
    local key = string.sub(p.sessions, 1, -2) .. 'h:' .. string.sub(subject, 2)
    redis.pcall('LPUSH', key, unpack(texts))
    redis.pcall('LTRIM', key, 0, 99)
    redis.pcall('PEXPIRE', key, telling.history)
  end
end
