-- Asks the gateway of REST-Sessions whose visit it is. HAProxy has no action of its own for this, but an HTTP client for Lua.
-- What it finds is in the variables txn.gateway_status (no such variable: no answer) and txn.session_id, _subject and _expires.

-- Units: milliseconds.
local TIMEOUT = 2000
local NAMES = { id = 'session-id', subject = 'session-subject', expires = 'session-expires' }

-- ARGS  the address of the gateway, the header Authorization
core.register_action('ask_gateway', { 'http-req' }, function(txn, url, authorization)
  -- Nothing of the visitor's request but these two headers.
  local sent = txn.http:req_get_headers()
  local headers = { ['authorization'] = { authorization } }
  for _, name in ipairs({ 'cookie', 'session-token' }) do
    local lines = {}
    for i = 0, #(sent[name] or {}) do
      if sent[name] and sent[name][i] then lines[#lines + 1] = sent[name][i] end
    end
    if #lines > 0 then headers[name] = { table.concat(lines, name == 'cookie' and '; ' or ', ') } end
  end

  local answer = core.httpclient():get({ url = url, headers = headers, timeout = TIMEOUT })
  if answer == nil or answer.status == nil or answer.status == 0 then return end
  txn:set_var('txn.gateway_status', tostring(answer.status))
  for name, header in pairs(NAMES) do
    local values = answer.headers and answer.headers[header]
    txn:set_var('txn.session_' .. name, values and values[0] or '')
  end
end, 2)
