-- LIBRARY unread: why a session could not be read. No command.

-- Gives that Redis takes no writes now, which is no fault of the session, or else that this one cannot be read.
local function unread(failure)
  local text = type(failure) == 'table' and failure.err or tostring(failure)
  for _, state in ipairs({ 'READONLY ', 'OOM ', 'MISCONF ', 'NOREPLICAS ' }) do
    local from = string.find(text, state, 1, true)
    if from then return string.sub(text, from) end
  end
  return 'ERR this session cannot be read'
end
