-- Creates sessions and sets data on each of them once: half of the requests are of either kind.
-- ARGS  1 the app   2 the JSON body of a set
-- A session is set as soon as its create was answered, by whichever connection is free next.
require 'report'

local app, body, users, tokens = '', '', 0, {}
local json = { ['Content-Type'] = 'application/json' }

function init(args)
  app, body = args[1], args[2]
  ready()
end

function request()
  local token = table.remove(tokens)
  if token then return wrk.format('POST', '/' .. app .. '/set/' .. token, json, body) end
  users = users + 1
  return wrk.format('PUT', '/' .. app .. '/create/user' .. users .. '?ip=192.0.2.7')
end

function response(status, headers, answer)
  local token = answer:match('^{"token":"(%w+)"}$')
  if token then
    tokens[#tokens + 1] = token
  elseif not answer:find('"w":2,', 1, true) then
    wrong = wrong + 1
  end
end
