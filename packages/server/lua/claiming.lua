-- LIBRARY claiming: gives a lock to those who ask for it, in their order; needs the library locking.

-- `from`: where ARGV has how long one who waits stands (ms), whether those who ask stay in the queue (1 or 0), then of each the
-- hash and the lease (ms). Gives the hash that has the lock by this claim ('' = none), and the one that holds now.
local function claimLock(key, now, from)
  local lock, stands, stays = lockAt(key, now), tonumber(ARGV[from]), ARGV[from + 1] == '1'
  local place, lease, changed = { [lock.hash] = true }, {}, false
  for _, w in ipairs(lock.queue) do place[w.hash] = w end
  for i = from + 2, #ARGV, 2 do
    local hash = ARGV[i]
    lease[hash] = tonumber(ARGV[i + 1])
    local w = place[hash]
    if not w then
      w = { hash = hash, ends = 0 }
      place[hash], lock.queue[#lock.queue + 1] = w, w
    end
    if w ~= true and w.ends < now + stands / 2 then w.ends, changed = now + stands, stays end
  end
  -- It was given before, and the answer was lost.
  if lease[lock.hash] then return lock.hash, lock.hash end
  local first, granted = lock.queue[1], ''
  if lock.hash == '' and first and lease[first.hash] then
    table.remove(lock.queue, 1)
    granted, lock.hash, lock.ends = first.hash, first.hash, now + lease[first.hash]
  end
  if changed or granted ~= '' then keepLock(key, lock, now) end
  return granted, lock.hash
end
