-- get: reads sessions by token, with or without a touch; each for itself.
-- KEYS: sessions, data, activity, visitors (for each read)
-- ARGV: now, deadline, reads: touch (0 look, 1 read, 2 slide), id, length of its hash (a byte), hash; of all in one text
-- RETURNS: {now, then for each read a visit, false, 1 when the token was rotated away, or an error of its own}
-- ATOMIC: a read and its count are one step, or a revoke in between would be undone by the write.
-- INCLUDES: clock, head, unread
local now, late = clock(ARGV[1], ARGV[2])
if late then return late end
local call, pack, LOOK, READ = redis.call, struct.pack, 48, 49
local reads, entry, answer = ARGV[3], second(now), { now }

-- Only what a read needs is unpacked, and into locals: this is the script that runs for nearly every request.
local function one(sessions, data, activity, visitors, id, hash, touch)
  local text = call('HGET', sessions, id)
  if not text then return false end
  local form, flags, seen, reads, idle, own, at, absolute = head(text)
  if now >= seen + idle or now >= absolute then return false end
  if hash ~= own then
    local grace = graceOf(text, form, flags, at, hash)
    if not grace then return false end
    if now >= grace then return 1 end
  end
  local unseen = now > seen and now - seen or 0
  if touch ~= LOOK then
    if touch == READ then reads = reads + 1 end
    text = stamped(text, form, seen + unseen, reads)
    call('HSET', sessions, id, text)
    if entry > seen then
      local subject, score = subjectOf(text, form, flags, at), string.format('%.0f', entry)
      call('ZADD', activity, score, id)
      if subject ~= '' then call('ZADD', visitors, 'GT', score, subject) end
    end
  end
  return pack('>d', unseen) .. text .. (flags / 2 % 2 >= 1 and call('HGET', data, id) or '')
end

-- A read that counted has written. Any other has to know that this server is no replica, and asks afterwards: a script that
-- begins with a removal would go on to write when the memory of Redis is full.
local at, wrote = 1, true
for k = 1, #KEYS, 4 do
  local size = byte(reads, at + 17)
  local id, hash = sub(reads, at + 1, at + 16), sub(reads, at + 18, at + 17 + size)
  local touch = byte(reads, at)
  local ok, found = pcall(one, KEYS[k], KEYS[k + 1], KEYS[k + 2], KEYS[k + 3], id, hash, touch)
  wrote = wrote and touch ~= LOOK and ok and found and found ~= 1
  answer[#answer + 1] = ok and found or not ok and redis.error_reply(unread(found))
  at = at + 18 + size
end
return not wrote and demoted('HDEL', KEYS[1], '') or answer
