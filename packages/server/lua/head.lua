-- LIBRARY head: what a read needs of a record, of whatever form, and a touch changes (drawn in src/stores/redis/record.ts). No command.
-- INCLUDES: older
local take, byte, sub = struct.unpack, string.byte, string.sub

-- Gives form, flags (byte 2), last seen, reads, idle timeout, hash, the end of the hash, absolute timeout.
local function head(text)
  local form = byte(text)
  if form == 3 then
    local _, flags, _, seen, reads, _, _, idle, hash, at = take('>BBBI6I5I5I6I6Bc0', text)
    if flags / 4 % 2 < 1 then return form, flags, seen, reads, idle, hash, at, 1 / 0 end
    return form, flags, seen, reads, idle, hash, at + 6, take('>I6', text, at)
  end
  if form ~= 1 and form ~= 2 then error('form') end
  local _, alias, _, apart, seen, reads, _, _, idle, absolute, _, hash, at = take('>BBBBdddddddBc0', text)
  return form, alias + 2 * apart, seen, reads, idle, raw(hash), at, absolute
end

-- Gives '+' and the subject, or ''.
local function subjectOf(text, form, flags, at)
  if form == 3 then return flags / 8 % 2 >= 1 and '+' .. take('>Hc0', text, at) or '' end
  local _, subject = take(form == 1 and '>Bc0Hc0' or '>Hc0Hc0', text, at)
  return subject
end

-- Gives until when a token that was replaced reads. Absence: nil.
local function graceOf(text, form, flags, at, hash)
  if form == 1 then
    local old = take('>Bc0', text, at)
    return old ~= '' and raw(old) == hash and take('>d', text, 53) or nil
  end
  local old, _ = {}, nil
  if form == 3 and flags / 8 % 2 >= 1 then _, at = take('>Hc0', text, at) end
  if form == 2 or flags / 16 % 2 >= 1 then addReplaced(old, (take('>Hc0', text, at)), form == 2) end
  for _, o in ipairs(old) do
    if o.hash == hash then return o.grace end
  end
end

-- Gives the record with last seen and reads. It keeps its form: while servers are replaced one after the other, those of the
-- version before go on to read what was only read meanwhile.
local function stamped(text, form, seen, reads)
  if form == 3 then return sub(text, 1, 3) .. struct.pack('>I6I5', seen, reads) .. sub(text, 15) end
  return sub(text, 1, 4) .. struct.pack('>dd', seen, reads) .. sub(text, 21)
end
