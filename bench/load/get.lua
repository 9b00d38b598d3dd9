-- Reads the sessions of a list, one after the other, over and over.
-- ARGS  1 a file with one token a line   2 requests a second (0: as many as go)   3 the path   4… headers, `Name: value`
-- `{}` in the path and in a header stands for the token.
-- The requests are written once, in init, and the answers are not looked at: on a fast server both would cost wrk more
-- than the request itself. (A session that is not there also answers 200; the workload checks that beside the load.)
require 'report'
local rate = require 'rate'

local requests, at = {}, 0

function delay() end

function init(args)
  delay = rate.at(tonumber(args[2]))
  for token in io.lines(args[1]) do
    local headers = {}
    for i = 4, #args do
      local name, value = args[i]:match('^(.-): (.*)$')
      headers[name] = value:gsub('{}', token)
    end
    requests[#requests + 1] = wrk.format('GET', (args[3]:gsub('{}', token)), headers)
  end
  ready()
end

function request()
  at = at % #requests + 1
  return requests[at]
end
