-- get: reads sessions by token, with or without a touch; each for itself.
-- KEYS: sessions (for each read)
-- ARGV: now, deadline, reads: touch (0 look, 1 read, 2 slide), id, length of its hash (a byte), hash; of all in one text
-- RETURNS: {now, then for each read a visit, false, 1 when the token was rotated away, or an error of its own}
-- ATOMIC: a read and its count are one step, or a revoke in between would be undone by the write.
-- INCLUDES: clock
local now, late = clock(ARGV[1], ARGV[2])
if late then return late end
local call, sub, byte, pack, unpacked = redis.call, string.sub, string.byte, struct.pack, struct.unpack
local reads, entry, answer, LOOK, READ = ARGV[3], second(now), { now }, 48, 49

-- The other keys of a partition, which few reads need, are named after the first: each key that is told costs every read. A
-- Cluster is told them behind the others, since it must know before anything is done whether the whole partition is here.
local function sibling(sessions, letter) return sub(sessions, 1, -2) .. letter end

-- Gives until when a token that was replaced reads.
local function graceOf(hash, old)
  local at, grace, replaced, _ = 1, nil, nil, nil
  while at <= #old do
    _, grace, replaced, _, at = unpacked('>BdBc0Bc0', old, at)
    if replaced == hash then return grace end
  end
end

-- Only what a read needs is unpacked, and into locals: this is the script that runs for nearly every request.
local function one(sessions, id, hash, touch)
  local text = call('HGET', sessions, id)
  if not text then return false end
  local form, _, _, apart, seen, reads, _, _, idle, absolute, login, own, at = unpacked('>BBBBdddddddBc0', text)
  if form ~= 1 and form ~= 2 then error('form') end
  if now >= seen + idle or now >= absolute then return false end
  if hash ~= own then
    local old = unpacked(form == 1 and '>Bc0' or '>Hc0', text, at)
    local grace = form == 1 and hash == old and login or form == 2 and graceOf(hash, old)
    if not grace then return false elseif now >= grace then return 1 end
  end
  local unseen = now > seen and now - seen or 0
  if touch ~= LOOK then
    if touch == READ then reads = reads + 1 end
    -- form and flags (4 bytes), seen and reads (16), the rest as it was
    text = sub(text, 1, 4) .. pack('>dd', seen + unseen, reads) .. sub(text, 21)
    call('HSET', sessions, id, text)
    if entry > seen then
      local _, subject = unpacked(form == 1 and '>Bc0Hc0' or '>Hc0Hc0', text, at)
      local score = string.format('%.0f', entry)
      call('ZADD', sibling(sessions, 'a'), score, id)
      if subject ~= '' then call('ZADD', sibling(sessions, 'v'), 'GT', score, subject) end
    end
  end
  return pack('>d', unseen) .. text .. (apart == 1 and call('HGET', sibling(sessions, 'j'), id) or '')
end

local at, i = 1, 1
while at < #reads do
  local size = byte(reads, at + 17)
  local ok, found = pcall(one, KEYS[i], sub(reads, at + 1, at + 16), sub(reads, at + 18, at + 17 + size), byte(reads, at))
  at, i = at + 18 + size, i + 1
  answer[i] = ok and found or not ok and redis.error_reply('ERR this session cannot be read')
end
return answer
