-- An open loop: so many requests a second, each at an instant of its own, whatever became of those before it.
-- wrk asks the global function `delay` before each request, if there is one when init has ended.
local milliseconds = require 'clock'

local M = {}

-- Gives the function that a script is to call `delay`; nil for rate 0: as many as go.
function M.at(rate)
  if rate == 0 then return nil end
  local began, slot = nil, 0
  return function()
    began = began or milliseconds()
    slot = slot + 1
    return math.max(0, math.floor(began + slot * 1000 / rate - milliseconds() + 0.5))
  end
end

return M
