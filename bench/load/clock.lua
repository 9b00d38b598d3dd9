-- The time that only goes forward, in milliseconds. Lua itself knows whole seconds, and the CPU of the process.
local ffi = require 'ffi'
ffi.cdef 'typedef struct { long s; long ns; } moment; int clock_gettime(int, moment *);'

local moment = ffi.new('moment')

return function()
  ffi.C.clock_gettime(1, moment)
  return tonumber(moment.s) * 1000 + tonumber(moment.ns) / 1e6
end
