-- LIBRARY lost: stands in for a record that cannot be read, so that its session can end; needs record and index.

-- Such a record does not say whose it was: its subject is looked for. What aliases it had is not known; their TTL ends them.
local function lost(p, id)
  local r = { subject = '', seen = NEVER, alias = 0, oldAlias = 0 }
  local all = redis.call('HGETALL', p.subjects)
  for i = 2, #all, 2 do
    if string.find(all[i], id, 1, true) then r.subject = all[i - 1] end
  end
  return r
end
