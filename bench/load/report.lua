-- Shared by all scripts: says when the load begins, and writes what wrk saw as one line of JSON, the last thing on standard output.
-- A script that looks at its answers counts those that are wrong in the global `wrong`.

wrong = 0

-- Called at the end of each script's `init`: from here on the load runs.
function ready()
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
