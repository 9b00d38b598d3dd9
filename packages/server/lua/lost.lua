-- LIBRARY lost: stands in for a record that cannot be read, so that its session can end; needs record and index.

-- Such a record does not tell its subject, so the index is searched for it. Nor does it tell its aliases; they end by their TTL.
local function lost(p, id)
  local r = { subject = '', seen = NEVER, idle = NEVER, absolute = NEVER, version = 0, ip = '', alias = 0, old = {} }
  for _, subject in ipairs(redis.call('ZRANGE', p.visitors, 0, -1)) do
    if string.find(redis.call('HGET', p.subjects, subject) or '', id, 1, true) then r.subject = subject end
  end
  return r
end
