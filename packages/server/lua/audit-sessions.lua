-- audit-sessions: compares sessions with their index entries, and mends the entries when asked.
-- KEYS: sessions, data, activity, visitors, subjects, due (of the partition)
-- ARGV: repair (0 or 1), then the ids
-- RETURNS: for each fault: id, fault
-- ATOMIC: a session and its entries are compared at one instant, so servers may go on meanwhile.
-- INCLUDES: record, visit, index
local repair = ARGV[1] == '1'
local p = partition(1)
local faults = {}

local function found(id, fault) faults[#faults + 1], faults[#faults + 2] = id, fault end

-- Ids have one length: one at another place would be a coincidence of 16 characters.
local function listed(id, r)
  return string.find(redis.call('HGET', p.subjects, r.subject) or '', id, 1, true) ~= nil
end

local function compare(id, r)
  local due = redis.call('ZSCORE', p.due, id)
  if tonumber(redis.call('ZSCORE', p.activity, id) or '') ~= second(r.seen) then found(id, 'activity') end
  if expires(r) < NEVER and not (due and tonumber(due) <= expires(r)) then found(id, 'due') end
  if r.apart == 1 and redis.call('HEXISTS', p.data, id) == 0 then found(id, 'data') end
  if r.subject ~= '' and not listed(id, r) then found(id, 'subject') end
end

local function mend(id, r)
  if r.apart == 1 and redis.call('HEXISTS', p.data, id) == 0 then r.apart = 0 end
  store(p, id, r)
  if r.subject ~= '' and not listed(id, r) then
    redis.call('HSET', p.subjects, r.subject, (redis.call('HGET', p.subjects, r.subject) or '') .. id)
  end
end

for i = 2, #ARGV do
  local id, before = ARGV[i], #faults
  local text = redis.call('HGET', p.sessions, id)
  local form = text and string.byte(text)
  if text and (text == '' or form >= 1 and form <= FORM) then
    local r = read(text)
    if r then compare(id, r) else found(id, 'record') end
    if repair and #faults > before then
      if r then mend(id, r) else redis.call('HDEL', p.sessions, id) end
    end
  end
end
return faults
