-- LIBRARY installing: puts a session in as its record says; needs the libraries record, visit and index.

-- Gives what became of it: {'expired'} | {'present'} | {'installed', ended aliases, first in partition, 1 when the app has one more} |
-- an error of its own. `replace`: in the place of one that lives.
local function install(p, id, r, data, replace, now)
  if not live(r, now) then return { 'expired' } end
  local present = redis.call('HGET', p.sessions, id)
  local old = present and read(present)
  local lives = present and (not old or live(old, now))
  if lives and not replace then return { 'present' } end
  if present and not old then return UNREADABLE end
  local aliases = old and remove(p, { { id = id, r = old } }) or {}
  local first = redis.call('EXISTS', p.sessions) == 0
  keep(p, id, r, data)
  store(p, id, r)
  if r.subject ~= '' then
    redis.call('HSET', p.subjects, r.subject, (redis.call('HGET', p.subjects, r.subject) or '') .. id)
  end
  return { 'installed', aliases, first and 1 or 0, lives and 0 or 1 }
end
