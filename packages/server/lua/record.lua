-- LIBRARY record: the packed form of a session (drawn in src/stores/redis/record.ts), and time. No command but TIME.
-- Deadlines are compared, never stored: a session is live strictly before the earlier of its two.
local FORM = '>BBBBdddddddBc0Bc0Hc0Hc0Hc0Hc0'

-- Gives the instant to decide by, and an error when the caller has given up: what was abandoned must not be done late.
local function clock(fake, deadline)
  if fake ~= '' then return tonumber(fake) end
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  if deadline ~= '' and now > tonumber(deadline) then return now, redis.error_reply('LATE ' .. string.format('%.0f', now)) end
  return now
end

local function unpacked(text)
  local r, at = {}, nil
  r.form, r.alias, r.oldAlias, r.apart, r.seen, r.reads, r.version, r.created, r.idle, r.absolute, r.grace,
    r.hash, r.old, r.subject, r.ip, r.agent, r.label, at = struct.unpack(FORM, text)
  r.inline = string.sub(text, at)
  return r
end

-- Gives nil when there is none or it cannot be read: damaged, or of a form that this version does not know.
local function read(text)
  local ok, r = pcall(unpacked, text)
  return ok and r.form == 1 and r or nil
end
-- What a verb answers that meets only that one. Verbs that meet others too pass it over.
local UNREADABLE = redis.error_reply('ERR this session cannot be read')

local function write(r)
  return struct.pack(FORM, r.form, r.alias, r.oldAlias, r.apart, r.seen, r.reads, r.version, r.created, r.idle,
    r.absolute, r.grace, #r.hash, r.hash, #r.old, r.old, #r.subject, r.subject, #r.ip, r.ip, #r.agent, r.agent,
    #r.label, r.label) .. r.inline
end

-- Index entries have whole seconds: a session that is read ten times in one is entered once.
local function second(instant) return instant - instant % 1000 end

local function expires(r) return math.min(r.seen + r.idle, r.absolute) end
local function live(r, now) return now < r.seen + r.idle and now < r.absolute end

-- The token of now, or the one before within its grace. Hashes are compared: their timing tells nothing of a secret.
local function opens(r, hash, now)
  return hash == r.hash or (r.old ~= '' and hash == r.old and now < r.grace)
end

-- What the process reads as a visit: how long idle, the record, and the data when it is kept apart.
local function visit(r, text, idle, dataKey, id)
  local data = r.apart == 1 and redis.call('HGET', dataKey, id) or ''
  return struct.pack('>d', idle) .. text .. data
end
