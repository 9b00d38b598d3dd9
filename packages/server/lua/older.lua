-- LIBRARY older: records of forms 1 and 2, as versions before wrote them (drawn in src/stores/redis/older-record.ts). No command.
local SECOND = '>BBBBdddddddBc0Hc0Hc0Hc0Hc0Hc0'
-- Form 1 has one old token: whether it is an alias, until when it reads (in the place of the login), its hash.
local FIRST = '>BBBBdddddddBc0Bc0Hc0Hc0Hc0Hc0'
local DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

-- Those forms have hashes as text, `1.` and base64url: gives its 32 bytes.
local function raw(hash)
  if #hash ~= 45 or string.sub(hash, 1, 2) ~= '1.' then return hash end
  local bytes, value, bits = {}, 0, 0
  for i = 3, 45 do
    value, bits = value * 64 + string.find(DIGITS, string.sub(hash, i, i), 1, true) - 1, bits + 6
    if bits >= 8 then
      bits = bits - 8
      local rest = value % 2 ^ bits
      bytes[#bytes + 1], value = string.char((value - rest) / 2 ^ bits), rest
    end
  end
  return table.concat(bytes)
end

-- Adds the tokens that were replaced, joined in a text: whether it is an alias, until when it reads, its hash, the seed of its
-- successor ('' = none).
local function addReplaced(old, text, isText)
  local at = 1
  while at <= #text do
    local o = {}
    o.alias, o.grace, o.hash, o.seed, at = struct.unpack('>BdBc0Bc0', text, at)
    if isText then o.hash = raw(o.hash) end
    old[#old + 1] = o
  end
end

local function unpackedOlder(text, form)
  local r, old, aliased, at = { old = {} }, nil, nil, nil
  local _; _, r.alias, aliased, r.apart, r.seen, r.reads, r.version, r.created, r.idle, r.absolute, r.login,
    r.hash, old, r.subject, r.ip, r.agent, r.label, at = struct.unpack(form == 1 and FIRST or SECOND, text)
  r.hash, r.inline = raw(r.hash), string.sub(text, at)
  if form == 2 then addReplaced(r.old, old, true)
  else
    if old ~= '' then r.old[1] = { alias = aliased, grace = r.login, hash = raw(old), seed = '' } end
    r.login = r.subject == '' and 1 / 0 or r.created
  end
  return r
end
