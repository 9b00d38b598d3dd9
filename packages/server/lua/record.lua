-- LIBRARY record: the packed form of a session (drawn in src/stores/redis/record.ts). No command.
-- INCLUDES: clock
-- Deadlines are compared, never stored: a session is live strictly before the earlier of its two.
local FORM = '>BBBBdddddddBc0Hc0Hc0Hc0Hc0Hc0'
-- Form 1, of versions before, has one old token: whether it is an alias, until when it reads, its hash.
local FIRST = '>BBBBdddddddBc0Bc0Hc0Hc0Hc0Hc0'
-- A token that was replaced: whether it is an alias, until when it reads, its hash, the seed of its successor ('' = none).
local OLD = '>BdBc0Bc0'

local function unpacked(text)
  local r, first, flag, old, at = { old = {} }, string.byte(text) == 1, nil, nil, nil
  r.form, r.alias, flag, r.apart, r.seen, r.reads, r.version, r.created, r.idle, r.absolute, r.login,
    r.hash, old, r.subject, r.ip, r.agent, r.label, at = struct.unpack(first and FIRST or FORM, text)
  r.inline = string.sub(text, at)
  if first then
    if old ~= '' then r.old[1] = { alias = flag, grace = r.login, hash = old, seed = '' } end
    r.form, r.login = 2, r.subject == '' and 1 / 0 or r.created
    return r
  end
  at = 1
  while at <= #old do
    local o = {}
    o.alias, o.grace, o.hash, o.seed, at = struct.unpack(OLD, old, at)
    r.old[#r.old + 1] = o
  end
  return r
end

-- Gives nil when there is none or it cannot be read: damaged, or of a form that this version does not know.
local function read(text)
  local ok, r = pcall(unpacked, text)
  return ok and r.form == 2 and r or nil
end
-- What a verb answers that meets only that one. Verbs that meet others too pass it over.
local UNREADABLE = redis.error_reply('ERR this session cannot be read')

local function write(r)
  local old = {}
  for i, o in ipairs(r.old) do old[i] = struct.pack(OLD, o.alias, o.grace, #o.hash, o.hash, #o.seed, o.seed) end
  old = table.concat(old)
  return struct.pack(FORM, r.form, r.alias, 0, r.apart, r.seen, r.reads, r.version, r.created, r.idle, r.absolute,
    r.login, #r.hash, r.hash, #old, old, #r.subject, r.subject, #r.ip, r.ip, #r.agent, r.agent, #r.label, r.label) .. r.inline
end
