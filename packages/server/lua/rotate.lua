-- rotate: gives a session a new credential; the old one reads during the grace. And changes it, when that is asked for.
-- KEYS: sessions, data, activity, visitors, subjects, due (of the partition)
-- ARGV: now, deadline, id, hash, new hash, new alias (0 or 1), seed ('' = the caller chose it), grace (ms), expect (a version or
--       ''), most, kept (replaced tokens), version ('' = no change), then as in update: data, …, absolute timeout, and the lock
-- RETURNS: false | {now, 0 (conflict), 1 (rotated) or 2 (repeated), visit, ended aliases, seeds of the successor}
--          | {now, 3 (replaced), 4 (crowded), 5 (taken) or 6 (the lock is lost)}
-- ATOMIC: one token has one successor, whoever asks; and of two rotations without grace exactly one may win.
-- INCLUDES: record, visit, index, change, locking
local now, late = clock(ARGV[1], ARGV[2], KEYS[3])
if late then return late end
local id, hash, newHash, newAlias, seed, grace = ARGV[3], ARGV[4], ARGV[5], tonumber(ARGV[6]), ARGV[7], tonumber(ARGV[8])
local expect, most, kept, version = ARGV[9], tonumber(ARGV[10]), tonumber(ARGV[11]), ARGV[12]
local p = partition(1)
local text = redis.call('HGET', p.sessions, id)
if not text then return false end
local r = read(text)
if not r then return UNREADABLE end
if not live(r, now) or not opens(r, hash, now) then return false end
local unseen = math.max(0, now - r.seen)

-- Writes what was changed, and answers with it.
local function answer(kind, changes, ended, seeds)
  if changes and version ~= '' then change(p, id, r, now, tonumber(version), 13)
  elseif changes then redis.call('HSET', p.sessions, id, write(r)) end
  if changes then tellChanged(p, now, id, r, ended, version ~= '') end
  if kind > 0 and ARGV[20] == '1' then leaveLock(KEYS[7], ARGV[19], now) end
  return { now, kind, visit(r, changes and write(r) or text, unseen, p.data, id), ended or {}, seeds or {} }
end
-- A retry: the session has this token already. Where there is a seed, this very request came before, and made the change then.
local function known() return answer(1, seed == '' and version ~= '') end

if expect ~= '' and r.version ~= tonumber(expect) then return answer(0, false) end
if lockLost(KEYS[7], ARGV[19], now) then return { now, 6 } end
if hash ~= r.hash then
  local at, seeds, drawn = 1, {}, seed ~= ''
  while r.old[at].hash ~= hash do at = at + 1 end
  repeat
    seeds[#seeds + 1], drawn = r.old[at].seed, drawn and r.old[at].seed ~= ''
    at = at + 1
  until not r.old[at] or now < r.old[at].grace
  if newHash == (r.old[at] or r).hash then return known() end
  return drawn and answer(2, version ~= '', nil, seeds) or { now, 3 }
end
if newHash == hash then return known() end
local old, ended = {}, {}
for _, o in ipairs(r.old) do
  -- A replaced token in its grace cannot be chosen anew. After its grace it can, and then its alias must stay.
  if o.hash == newHash and now < o.grace then return { now, 5 } end
  if o.hash ~= newHash then old[#old + 1] = o end
end
old[#old + 1] = { alias = r.alias, grace = grace > 0 and now + grace or 0, hash = r.hash, seed = seed }
-- Only the oldest are dropped: a token in its grace needs the seeds of all that came after it.
while #old > kept and old[1].grace <= now do
  local o = table.remove(old, 1)
  if o.alias == 1 then ended[#ended + 1], ended[#ended + 2] = o.hash, id end
end
if #old > most then return { now, 4 } end
r.old, r.hash, r.alias = old, newHash, newAlias
return answer(1, true, ended)
