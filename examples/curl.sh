#!/usr/bin/env bash
# A login session from start to end, with nothing but curl. Usage: examples/curl.sh [http://127.0.0.1:3000]
set -euo pipefail
server=${1:-http://127.0.0.1:3000}

say() { printf '\n# %s\n' "$1"; }
call() {
  printf '%s %s\n' "$1" "${2//$token/TOKEN}"
  answer=$(curl --silent --show-error --fail-with-body -X "$1" "$server$2" "${@:3}")
  printf '%s\n' "${answer//$token/TOKEN}"
}
token=none

say 'Someone logs in: create a session for user123. The token goes into their cookie.'
created=$(curl --silent --show-error --fail-with-body -X PUT "$server/shop/create/user123?ip=192.168.99.22&ttl=86400" \
  -H 'Content-Type: application/json' -d '{"name":"Peter Smith","unread_msgs":12}')
token=$(printf '%s' "$created" | sed -E 's/^\{"token":"([A-Za-z0-9]{64})"\}$/\1/')
printf '%s\n' "${created//$token/TOKEN}"

say 'Each page reads the session by the token.'
call GET "/shop/get/$token"

say 'A page sets one key and removes another. The rest stays.'
call POST "/shop/set/$token" -H 'Content-Type: application/json' -d '{"unread_msgs":null,"theme":"dark"}'

say 'Who is online? Users, not sessions, of the last ten minutes.'
call GET '/shop/activity?dt=600'

say 'All sessions of one user: their devices.'
call GET '/shop/soid/user123'

say 'Logout. From now on the token is worth nothing.'
call DELETE "/shop/kill/$token"
call GET "/shop/get/$token"

say 'A new password: end every session of this user, wherever it is.'
call DELETE '/shop/killsoid/user123'
