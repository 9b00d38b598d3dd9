#!/bin/sh
# Runs PHP's own tests of sessions (ext/session of its source package) through our handler:
#
#   node ../contract/with-servers.mjs scripts/platform-suite.sh [shared|opaque]
#
# It needs Debian with PHP 8.2, php8.2-cgi and php8.2-curl. The source package is fetched by apt-get into a temporary folder.
set -eu
SUITE_MODE=${1:-shared}
here=$(cd "$(dirname "$0")" && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
SUITE_RUN=$(date +%s)
export SUITE_MODE SUITE_RUN

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
apt source --download-only php8.2
tar xf php8.2_*.orig.tar.xz
cd php-8.2.*

PHP_INI_SCAN_DIR=/etc/php/8.2/cli/conf.d
TEST_PHP_EXECUTABLE=$(command -v php8.2)
TEST_PHP_CGI_EXECUTABLE=${TEST_PHP_CGI_EXECUTABLE:-$(command -v php-cgi8.2)}
NO_INTERACTION=1
export PHP_INI_SCAN_DIR TEST_PHP_EXECUTABLE TEST_PHP_CGI_EXECUTABLE NO_INTERACTION
echo "== PHP's own files =="
php run-tests.php -q -j2 ext/session/tests > files.log || true
sed -n '/^Tests skipped/,/^Tests passed/p; /^FAILED TEST SUMMARY/,/^=====/p' files.log
echo "== through our handler, $SUITE_MODE =="
php run-tests.php -q -j2 -d auto_prepend_file="$here/prepend.php" ext/session/tests > ours.log || true
sed -n '/^Tests skipped/,/^Tests passed/p; /^FAILED TEST SUMMARY/,/^=====/p' ours.log
