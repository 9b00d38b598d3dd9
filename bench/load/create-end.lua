-- Creates sessions and ends each of them: half of the requests are of either kind.
-- ARGS  1 the app   2 requests a second, 0 for as many as go
-- A session is ended as soon as its create was answered, by whichever connection is free next.
require 'report'
local rate = require 'rate'

local app, users, tokens = '', 0, {}

function init(args)
  app = args[1]
  delay = rate.at(tonumber(args[2]))
  ready()
end

function request()
  local token = table.remove(tokens)
  if token then return wrk.format('DELETE', '/' .. app .. '/kill/' .. token) end
  users = users + 1
  return wrk.format('PUT', '/' .. app .. '/create/user' .. users .. '?ip=192.0.2.7')
end

function response(status, headers, answer)
  local token = answer:match('^{"token":"(%w+)"}$')
  if token then
    tokens[#tokens + 1] = token
  elseif not answer:find('"kill":1', 1, true) then
    wrong = wrong + 1
  end
end
