-- Asks for many tokens at once, over and over: `POST …/sessions:verify`.
-- ARGS  1 the path   2 a file with one token a line   3 tokens of a request
require 'report'

local requests, at = {}, 0

function init(args)
  local tokens, json = {}, { ['Content-Type'] = 'application/json' }
  for token in io.lines(args[2]) do
    tokens[#tokens + 1] = '"' .. token .. '"'
    if #tokens == tonumber(args[3]) then
      requests[#requests + 1] = wrk.format('POST', args[1], json, '{"tokens":[' .. table.concat(tokens, ',') .. ']}')
      tokens = {}
    end
  end
  ready()
end

function request()
  at = at % #requests + 1
  return requests[at]
end
