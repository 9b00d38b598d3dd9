-- Reads the sessions of a list, one after the other, over and over.
-- ARGS  1 the path before the token   2 a file with one token a line
-- The requests are written once, in init, and the answers are not looked at: on a fast server both would cost wrk more
-- than the request itself. (A session that is not there also answers 200; the workload checks that beside the load.)
require 'report'

local requests, at = {}, 0

function init(args)
  for token in io.lines(args[2]) do requests[#requests + 1] = wrk.format('GET', args[1] .. token) end
end

function request()
  at = at % #requests + 1
  return requests[at]
end
