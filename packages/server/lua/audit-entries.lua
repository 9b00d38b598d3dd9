-- audit-entries: looks for the sessions behind entries of an index, and removes what has none when asked.
-- KEYS: sessions, data, activity, visitors, subjects, due (of the partition)
-- ARGV: repair (0 or 1), index (data, activity, visitors, subjects or due), then its members
-- RETURNS: for each fault: member, 'orphan' (no session is behind it) or 'wrong' (it does not say what its sessions do)
-- ATOMIC: an entry and its sessions are compared at one instant, so servers may go on meanwhile.
-- INCLUDES: record, visit, index
local repair, index = ARGV[1] == '1', ARGV[2]
local p = partition(1)
local faults = {}

-- Gives a session; nil when there is none; and whether it is there but cannot be read (it is left to audit-sessions).
local function session(id)
  local text = redis.call('HGET', p.sessions, id)
  if not text then return nil, false end
  local r = read(text)
  return r, r == nil
end

local hashed = index == 'data' or index == 'subjects'
local function drop(member) redis.call(hashed and 'HDEL' or 'ZREM', p[index], member) end

-- It may have ended, with its session, since the walk met it.
local function present(member)
  if hashed then return redis.call('HEXISTS', p[index], member) == 1 end
  return redis.call('ZSCORE', p[index], member) ~= false
end

-- A subject's ids, and the latest second of theirs.
local function subject(member)
  local ids, left, seen, latest, sure = redis.call('HGET', p.subjects, member), {}, {}, 0, true
  for id in string.gmatch(ids, '................') do
    local r, unread = session(id)
    sure = sure and not unread
    if not seen[id] and (unread or r and r.subject == member) then left[#left + 1] = id end
    if r and r.subject == member then latest = math.max(latest, second(r.seen)) end
    seen[id] = true
  end
  local text = table.concat(left)
  if #left == 0 then return 'orphan' end
  local visited = tonumber(redis.call('ZSCORE', p.visitors, member) or '')
  if text == ids and (not sure or visited == latest) then return end
  if repair then redis.call('HSET', p.subjects, member, text) end
  if repair and sure then redis.call('ZADD', p.visitors, latest, member) end
  return 'wrong'
end

for i = 3, #ARGV do
  local member, fault = ARGV[i], nil
  if not present(member) then fault = nil
  elseif index == 'subjects' then fault = subject(member)
  elseif index == 'visitors' then fault = redis.call('HEXISTS', p.subjects, member) == 0 and 'orphan' or nil
  else
    local r, unread = session(member)
    if not unread and (not r or index == 'data' and r.apart ~= 1) then fault = 'orphan' end
  end
  if fault == 'orphan' and repair then drop(member) end
  if fault then faults[#faults + 1], faults[#faults + 2] = member, fault end
end
return faults
