-- LIBRARY partition: the keys of a partition; needs journal.

-- `i`: where they begin. In their order, for each has its outbox, where there are any.
local function partition(i)
  local sessions, data, activity, visitors, subjects, due = unpack(KEYS, i, i + 5)
  local p = { sessions = sessions, data = data, activity = activity, visitors = visitors, subjects = subjects, due = due }
  p.outbox = table.remove(outboxes, 1)
  return p
end
