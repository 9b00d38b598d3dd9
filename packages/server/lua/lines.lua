-- LIBRARY lines: where lines of the journal are written to.

local function hex(n)
  local high = math.floor(n / 2 ^ 32)
  return high > 0 and string.format('%x%08x', high, n % 2 ^ 32) or string.format('%x', n)
end

-- Adds lines to a stream: {what stands before the count, what stands behind it}. `last`, `bytes`: of the journal before, as text. Units of
-- `from`: an instant before which none may stand. Gives the position of the last one, and all bytes.
-- A position is an instant and the number of the line in its journal, so that lines are counted without reading them. A line that is
-- written here leaves out what its position says: its count, and nearly always its instant. That is 17 bytes of 75.
local function append(stream, from, lines, last, bytes)
  local ms, nth = string.match(last or '0-0', '^(%d+)-(%d+)$')
  ms, nth, bytes = math.max(tonumber(ms), from), tonumber(nth), tonumber(bytes or '0')
  local position, instant = last, hex(ms)
  for _, line in ipairs(lines) do
    nth = nth + 1
    position = string.format('%.0f-%.0f', ms, nth)
    local text = line.text
    if not text then
      local letter, at = string.match(line[1], '^(.)(.*)$')
      text = (at == instant and letter or line[1]) .. '\n\n' .. line[2]
    end
    redis.call('XADD', stream, position, 'e', text)
    bytes = bytes + #text
  end
  return position, string.format('%.0f', bytes)
end

-- Writes lines where a script tells: into the stream, or with the instant (12 hexadecimal digits) into the outbox, under their numbers.
local function enterLines(to, key, now, lines, found)
  if to.stream then
    local last, bytes = append(to.stream, now, lines, found[1], found[2])
    return redis.call('HSET', key, 'n', last, 'b', bytes)
  end
  local n, fields = tonumber(found[1] or '0'), {}
  local at = string.format('%04x%08x', math.floor(now / 2 ^ 32), now % 2 ^ 32)
  for _, line in ipairs(lines) do
    n = n + 1
    fields[#fields + 1] = string.format('%.0f', n)
    fields[#fields + 1] = at .. line[1] .. '\n' .. fields[#fields] .. '\n' .. line[2]
  end
  redis.call('HSET', key, 'n', string.format('%.0f', n), unpack(fields))
end
