#!/bin/sh
# Runs Rails' own tests of its cache store of sessions and of the flash through our store:
#
#   node ../contract/with-servers.mjs scripts/platform-suite.sh
#
# It needs Debian with ruby-actionpack. The source package is fetched by apt-get into a temporary folder. Left out are the tests that look
# into the cache itself (ids of older versions of Rack).
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir -p "$folder/lists/partial"
# Of the suite itself, and not of its security updates: their sources are not on every mirror.
awk 'BEGIN { RS = ""; ORS = "\n\n" } !/security/ { sub(/Types: deb/, "Types: deb-src"); print }' \
  /etc/apt/sources.list.d/debian.sources > "$folder/debian.sources"
apt() {
  apt-get -qq -o Dir::Etc::sourcelist="$folder/debian.sources" -o Dir::Etc::sourceparts=/dev/null \
    -o Dir::State::lists="$folder/lists" -o APT::Sandbox::User=root "$@"
}
apt update
cd "$folder"
apt source --download-only rails
tar xf rails_*.orig.tar.xz
cd rails-*/actionpack

# This part of the support asks for a browser.
sed -i '/class DrivenByRackTest/,$d' test/abstract_unit.rb
ours='url: ENV.fetch("REST_SESSIONS_EMBEDDED"), app: "rails-#{Process.pid}"'
for test in test/dispatch/session/cache_store_test.rb test/controller/flash_test.rb; do
  sed -i "s|^require \"abstract_unit\"|&\n\$:.unshift \"$here/lib\"\nrequire \"action_dispatch/session/rest_sessions\"|" "$test"
done
sed -i "s|Session::CookieStore, key: SessionKey|Session::RestSessions, key: SessionKey, $ours|" test/controller/flash_test.rb
sed -i "s|Session::CacheStore, key: \"_session_id\", cache: @cache|Session::RestSessions, key: \"_session_id\", $ours|
  s|cookies.send(:hash_for)\[\"_session_id\"\]|cookies.get_cookie(\"_session_id\")|
  /@cache/d" test/dispatch/session/cache_store_test.rb
status=0
for test in cache_store:'/^(?!.*(legacy_id|session_fixation))/' flash:'/./'; do
  file=$(find test -name "${test%%:*}_test.rb")
  ruby -W0 -I../activemodel/lib -I../activesupport/lib -I../actionview/lib -I../railties/lib -Ilib -Itest "$file" -n "${test#*:}" || status=1
done
exit $status
