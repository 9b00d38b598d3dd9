-- LIBRARY record: the packed form of a session (drawn in src/stores/redis/record.ts). No command.
-- INCLUDES: clock, older
-- Deadlines are compared, never stored: a session is live strictly before the earlier of its two.
local FORM, ENDLESS = 3, 2 ^ 48 - 1
local HEAD, ABSOLUTE, LOGIN, GUEST, OLD = '>BBBI6I5I5I6I6Bc0', 4, 1, 2, 16
local TEXTS = { { 'ip', 4 }, { 'agent', 8 }, { 'label', 16 } }

local function unpacked(record)
  local form = string.byte(record)
  if form == 1 or form == 2 then return unpackedOlder(record, form) end
  local r, _, flags, more, at = { old = {} }, nil, nil, nil, nil
  form, flags, more, r.seen, r.reads, r.version, r.created, r.idle, r.hash, at = struct.unpack(HEAD, record)
  if form ~= FORM then error('form') end
  local function part(set, bit, format, absent)
    if set / bit % 2 < 1 then return absent end
    _, at = struct.unpack(format, record, at)
    return _
  end
  -- Here as in arguments, a text that may be null is '' for null, else '+' and the text.
  local function text(set, bit)
    local found = part(set, bit, '>Hc0')
    return found and '+' .. found or ''
  end
  r.alias, r.apart = flags % 2, (flags - flags % 2) / 2 % 2
  if r.idle == ENDLESS then r.idle = 1 / 0 end
  r.absolute, r.subject = part(flags, ABSOLUTE, '>I6', 1 / 0), text(flags, 8)
  addReplaced(r.old, part(flags, OLD, '>Hc0', ''))
  r.login = part(more, LOGIN, '>I6', more / GUEST % 2 >= 1 and 1 / 0 or r.created)
  for _, t in ipairs(TEXTS) do r[t[1]] = text(more, t[2]) end
  r.inline = string.sub(record, at)
  return r
end

-- Gives nil when there is none or it cannot be read: damaged, or of a form that this version does not know.
local function read(text)
  local ok, r = pcall(unpacked, text)
  return ok and r or nil
end
-- What a verb answers that meets only that one. Verbs that meet others too pass it over.
local UNREADABLE = redis.error_reply('ERR this session cannot be read')

local function write(r)
  local pack = struct.pack
  local flags, more, rest, old = r.alias + 2 * r.apart, 0, {}, {}
  if r.absolute < 1 / 0 then flags, rest[1] = flags + ABSOLUTE, pack('>I6', r.absolute) end
  if r.subject ~= '' then flags, rest[#rest + 1] = flags + 8, pack('>H', #r.subject - 1) .. string.sub(r.subject, 2) end
  for i, o in ipairs(r.old) do old[i] = pack('>BdBc0Bc0', o.alias, o.grace, #o.hash, o.hash, #o.seed, o.seed) end
  old = table.concat(old)
  if old ~= '' then flags, rest[#rest + 1] = flags + OLD, pack('>Hc0', #old, old) end
  if r.login == 1 / 0 then more = GUEST
  elseif r.login ~= r.created then more, rest[#rest + 1] = LOGIN, pack('>I6', r.login) end
  for _, text in ipairs(TEXTS) do
    local value = r[text[1]]
    if value ~= '' then more, rest[#rest + 1] = more + text[2], pack('>H', #value - 1) .. string.sub(value, 2) end
  end
  local idle = r.idle < ENDLESS and r.idle or ENDLESS
  return pack(HEAD, FORM, flags, more, r.seen, r.reads, r.version, r.created, idle, #r.hash, r.hash) .. table.concat(rest) .. r.inline
end
