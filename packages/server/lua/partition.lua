-- LIBRARY partition: the keys of a partition, and how to work on very many of its sessions; needs journal.

-- `i`: where they begin. In their order, for each has its outbox, where there are any.
local function partition(i)
  local sessions, data, activity, visitors, subjects, due = unpack(KEYS, i, i + 5)
  local p = { sessions = sessions, data = data, activity = activity, visitors = visitors, subjects = subjects, due = due }
  p.outbox = table.remove(outboxes, 1)
  return p
end

-- Lua hands over 8,000 arguments at once at most, and a cap may be new to a subject that has more sessions than that.
local function inParts(list, work)
  for from = 1, #list, 1000 do
    local part = {}
    for i = from, math.min(#list, from + 999) do part[#part + 1] = list[i] end
    work(part)
  end
end
