-- LIBRARY installing: puts a session in as its record says; needs the libraries record, visit and index.

local MEMBERS = { 'seen', 'reads', 'version', 'created', 'login', 'idle', 'absolute', 'subject', 'ip', 'agent', 'label', 'hash', 'alias' }

-- Data is not compared: it changes only with the version.
local function stands(old, record)
  local r = read(record)
  for _, member in ipairs(MEMBERS) do
    if not r or old[member] ~= r[member] then return false end
  end
  return true
end

-- Gives what became of it: {'expired'} | {'present'} | {'installed', ended aliases, first in partition, 1 when the app has one more} |
-- an error of its own. `replace`: '0', of none that lives; '1', of any; a record, of one that stands so.
local function install(p, id, r, data, replace, now)
  if not live(r, now) then return { 'expired' } end
  local present = redis.call('HGET', p.sessions, id)
  local old = present and read(present)
  local lives = present and (not old or live(old, now))
  if lives and replace == '0' then return { 'present' } end
  if present and not old then return UNREADABLE end
  if #replace > 1 and not (lives and stands(old, replace)) then return { 'present' } end
  local aliases = old and remove(p, { { id = id, r = old } }, now, lives and '-' or nil) or {}
  local first = redis.call('EXISTS', p.sessions) == 0
  keep(p, id, r, data)
  store(p, id, r)
  if r.subject ~= '' then
    redis.call('HSET', p.subjects, r.subject, (redis.call('HGET', p.subjects, r.subject) or '') .. id)
  end
  return { 'installed', aliases, first and 1 or 0, lives and 0 or 1 }
end
