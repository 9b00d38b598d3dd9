-- LIBRARY change: changes members of a session and touches it; needs the libraries record, visit and index.

-- `from`: where ARGV has data, ip, agent, label, idle and absolute timeout, each '' to leave it, or '=' and what it becomes.
local function change(p, id, r, now, version, from)
  r.version, r.seen = version, math.max(r.seen, now)
  local function given(i) return ARGV[from + i] ~= '' and string.sub(ARGV[from + i], 2) or nil end
  for i, field in ipairs({ 'ip', 'agent', 'label' }) do r[field] = given(i) or r[field] end
  local data, idle, absolute = given(0), given(4), given(5)
  if idle then r.idle = idle == 'none' and NEVER or tonumber(idle) end
  if absolute then r.absolute = absolute == 'none' and NEVER or begun(r) + tonumber(absolute) end
  if data then keep(p, id, r, data) end
  store(p, id, r)
end
