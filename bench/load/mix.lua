-- A working day: of 20 requests 16 read, 2 set data, 1 creates a session and 1 ends one.
-- ARGS  1 the app   2 a file with one token a line   3 the JSON body of a set   4 requests a second (0: as many as go)
-- With a rate, each request has its instant, whatever became of those before it. What a create answers joins the others.
require 'report'
local rate = require 'rate'

local app, body, tokens = '', '', {}
local at, count, users = 0, 0, 0
local json = { ['Content-Type'] = 'application/json' }
function delay() end

function init(args)
  app, body = args[1], args[3]
  delay = rate.at(tonumber(args[4]))
  for token in io.lines(args[2]) do tokens[#tokens + 1] = token end
  ready()
end

function request()
  count = count + 1
  local turn = count % 20
  if turn == 0 then
    users = users + 1
    return wrk.format('PUT', '/' .. app .. '/create/new' .. users .. '?ip=192.0.2.7')
  end
  if turn == 10 then return wrk.format('DELETE', '/' .. app .. '/kill/' .. table.remove(tokens)) end
  at = at % #tokens + 1
  if turn == 5 or turn == 15 then return wrk.format('POST', '/' .. app .. '/set/' .. tokens[at], json, body) end
  return wrk.format('GET', '/' .. app .. '/get/' .. tokens[at])
end

function response(status, headers, answer)
  local token = answer:match('^{"token":"(%w+)"}$')
  if token then tokens[#tokens + 1] = token end
end
