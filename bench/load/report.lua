-- Shared by all scripts: says when the load begins, and writes what wrk saw as one line of JSON, the last thing on standard output.
-- A script that looks at its answers counts those that are wrong in the global `wrong`.

wrong = 0

local milliseconds = require 'clock'

-- What a connection costs when it is new, and a server that had nothing to do for a while, is no part of the figures.
-- Units: milliseconds.
local WARM_UP = 300

-- Called at the end of each script's `init`: from here on the load runs. Says how many requests were sent until all is warm.
function ready()
  local began, sent, inner = nil, 0, request
  function request()
    local now = milliseconds()
    began, sent = began or now, sent + 1
    if now - began >= WARM_UP then
      io.write(string.format('warm %d\n', sent))
      io.flush()
      request = inner
    end
    return inner()
  end
  io.write('ready\n')
  io.flush()
end

local threads = {}

function setup(thread)
  threads[#threads + 1] = thread
end

function done(summary, latency)
  local e = summary.errors
  local failed = e.connect + e.read + e.write + e.status + e.timeout
  for _, thread in ipairs(threads) do failed = failed + thread:get('wrong') end
  io.write(string.format('{"requests":%d,"seconds":%.6f,"failed":%d,"p50":%.3f,"p99":%.3f}\n',
    summary.requests, summary.duration / 1e6, failed, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
