-- LIBRARY locking: who holds a lock, and who waits for it, in one text (drawn in src/core/lock.ts, which does the same).
-- `ends:hash;` of the holder ('0:;': nobody), then of each who waits. What is over is absent.

local function lockIn(text, now)
  local lock, first = { hash = '', ends = 0, queue = {} }, true
  for ends, hash in string.gmatch(text, '(%d+):([^;]*);') do
    ends = tonumber(ends)
    if first and now < ends then lock.hash, lock.ends = hash, ends
    elseif not first and now < ends then lock.queue[#lock.queue + 1] = { hash = hash, ends = ends } end
    first = false
  end
  return lock
end

local function lockAt(key, now) return lockIn(redis.call('GET', key) or '', now) end

local function keepLock(key, lock, now)
  if lock.hash == '' and #lock.queue == 0 then return redis.call('DEL', key) end
  local last, texts = lock.ends, { string.format('%.0f:%s;', lock.ends, lock.hash) }
  for i, w in ipairs(lock.queue) do
    last = math.max(last, w.ends)
    texts[i + 1] = string.format('%.0f:%s;', w.ends, w.hash)
  end
  redis.call('SET', key, table.concat(texts), 'PX', math.max(1, last - now))
end

-- A change without a lock has no key for one.
local function lockLost(key, hash, now) return key and lockAt(key, now).hash ~= hash end

-- Ends a lock, or a place in its queue. Gives whether there was one.
local function leaveLock(key, hash, now)
  local lock, left = lockAt(key, now), {}
  for _, w in ipairs(lock.queue) do if w.hash ~= hash then left[#left + 1] = w end end
  if lock.hash ~= hash and #left == #lock.queue then return false end
  if lock.hash == hash then lock.hash, lock.ends = '', 0 end
  lock.queue = left
  keepLock(key, lock, now)
  return true
end
