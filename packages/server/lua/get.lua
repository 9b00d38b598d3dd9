-- get: reads sessions by token, with or without a touch; each for itself.
-- KEYS: sessions, data, activity, visitors (for each read)
-- ARGV: now, deadline, reads: touch (0 look, 1 read, 2 slide), id, length of its hash (a byte), hash; of all in one text
-- RETURNS: {now, then for each read a visit, false, 1 when the token was rotated away, or an error of its own}
-- ATOMIC: a read and its count are one step, or a revoke in between would be undone by the write.
-- INCLUDES: clock, unread
local now, late = clock(ARGV[1], ARGV[2], KEYS[3])
if late then return late end
local call, sub, byte, pack, unpacked = redis.call, string.sub, string.byte, struct.pack, struct.unpack
local reads, entry, answer, LOOK, READ = ARGV[3], second(now), { now }, 48, 49

-- Gives until when a token that was replaced reads.
local function graceOf(hash, old)
  local at, grace, replaced, _ = 1, nil, nil, nil
  while at <= #old do
    _, grace, replaced, _, at = unpacked('>BdBc0Bc0', old, at)
    if replaced == hash then return grace end
  end
end

-- Only what a read needs is unpacked, and into locals: this is the script that runs for nearly every request.
local function one(sessions, data, activity, visitors, id, hash, touch)
  local text = call('HGET', sessions, id)
  if not text then return false end
  local form, _, _, apart, seen, reads, _, _, idle, absolute, login, own, at = unpacked('>BBBBdddddddBc0', text)
  if form ~= 1 and form ~= 2 then error('form') end
  if now >= seen + idle or now >= absolute then return false end
  if hash ~= own then
    local old = unpacked(form == 1 and '>Bc0' or '>Hc0', text, at)
    local grace = form == 1 and hash == old and login or form == 2 and graceOf(hash, old)
    if not grace then return false end
    if now >= grace then return 1 end
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
      call('ZADD', activity, score, id)
      if subject ~= '' then call('ZADD', visitors, 'GT', score, subject) end
    end
  end
  return pack('>d', unseen) .. text .. (apart == 1 and call('HGET', data, id) or '')
end

local at = 1
for k = 1, #KEYS, 4 do
  local size = byte(reads, at + 17)
  local id, hash = sub(reads, at + 1, at + 16), sub(reads, at + 18, at + 17 + size)
  local ok, found = pcall(one, KEYS[k], KEYS[k + 1], KEYS[k + 2], KEYS[k + 3], id, hash, byte(reads, at))
  answer[#answer + 1] = ok and found or not ok and redis.error_reply(unread(found))
  at = at + 18 + size
end
return answer
