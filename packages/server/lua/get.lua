-- get: reads sessions by token, with or without a touch; each for itself.
-- KEYS: sessions, data, activity, visitors (for each read)
-- ARGV: now, deadline, then for each read: id, hash, touch (0 look, 1 read, 2 slide)
-- RETURNS: {now, then for each read a visit, false, 1 when the token was rotated away, or an error of its own}
-- ATOMIC: a read and its count are one step, or a revoke in between would be undone by the write.
-- INCLUDES: record, visit
local now, late = clock(ARGV[1], ARGV[2])
if late then return late end
local answer = { now }
local entry = second(now)
local entryText = string.format('%.0f', entry)

-- Gives until when a token that was replaced reads.
local function graceOf(hash, old)
  local at = 1
  while at <= #old do
    local _, grace, replaced, _, after = struct.unpack(OLD, old, at)
    if replaced == hash then return grace end
    at = after
  end
end

-- Only what a read needs is unpacked, and into locals: this is the script that runs for nearly every request.
local function one(sessions, data, activity, visitors, id, hash, touch)
  local text = redis.call('HGET', sessions, id)
  if not text then return false end
  local form, _, _, apart, seen, reads, _, _, idle, absolute, login, own, old, subject =
    struct.unpack(string.byte(text) == 1 and '>BBBBdddddddBc0Bc0Hc0' or '>BBBBdddddddBc0Hc0Hc0', text)
  if form ~= 1 and form ~= 2 then error('form') end
  if now >= seen + idle or now >= absolute then return false end
  if hash ~= own then
    local grace = form == 1 and hash == old and login or form == 2 and graceOf(hash, old)
    if not grace then return false end
    if now >= grace then return 1 end
  end
  local unseen = math.max(0, now - seen)
  if touch ~= '0' then
    if touch == '1' then reads = reads + 1 end
    -- form and flags (4 bytes), seen and reads (16), the rest as it was
    text = string.sub(text, 1, 4) .. struct.pack('>dd', seen + unseen, reads) .. string.sub(text, 21)
    redis.call('HSET', sessions, id, text)
    if entry > seen then
      redis.call('ZADD', activity, entryText, id)
      if subject ~= '' then redis.call('ZADD', visitors, 'GT', entryText, subject) end
    end
  end
  return struct.pack('>d', unseen) .. text .. (apart == 1 and redis.call('HGET', data, id) or '')
end

for i = 0, #KEYS / 4 - 1 do
  local k, a = i * 4, i * 3 + 2
  local ok, found = pcall(one, KEYS[k + 1], KEYS[k + 2], KEYS[k + 3], KEYS[k + 4], ARGV[a + 1], ARGV[a + 2], ARGV[a + 3])
  answer[i + 2] = ok and found or not ok and redis.error_reply('ERR this session cannot be read')
end
return answer
