-- LIBRARY lost: stands in for a record that cannot be read, so that its session can end; needs record and index.

-- Such a record does not say whose it was: its subject is looked for. What aliases it had is not known; their TTL ends them.
local function lost(p, id)
  local r = { subject = '', seen = NEVER, alias = 0, old = {} }
  for _, subject in ipairs(redis.call('ZRANGE', p.visitors, 0, -1)) do
    if string.find(redis.call('HGET', p.subjects, subject) or '', id, 1, true) then r.subject = subject end
  end
  return r
end
