#!/bin/sh
# Runs the own tests of Flask or Django through our sessions, from their source distributions:
#
#   node ../contract/with-servers.mjs scripts/platform-suites.sh flask
#   node ../contract/with-servers.mjs scripts/platform-suites.sh django sessions_tests auth_tests messages_tests csrf_tests test_client
#
# PYTHON is the interpreter of an environment with this package, pytest and the framework. Default: .venv/bin/python.
set -eu
which=$1
shift
here=$(cd "$(dirname "$0")/.." && pwd)
python=${PYTHON:-$here/.venv/bin/python}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
version=$("$python" -c "from importlib.metadata import version; print(version('$which'))")
"$python" -m pip -q download --no-deps --no-binary :all: -d "$folder" "$which==$version"
cd "$folder"
tar xzf ./*.tar.gz
cd ./*/

if [ "$which" = flask ]; then
  cat > through_ours.py <<'PLUGIN'
import os

import _pytest.monkeypatch
import flask
from _pytest.compat import NOTSET
from rest_sessions.flask import RestSessionInterface

# Flask's tests are older than pytest's name for it.
_pytest.monkeypatch.notset = NOTSET
flask.Flask.session_interface = RestSessionInterface(os.environ["REST_SESSIONS_EMBEDDED"], "flask-suite")
PLUGIN
  PYTHONPATH=. "$python" -m pytest -q -p no:asyncio -p through_ours tests "$@"
else
  cat > tests/through_ours.py <<'SETTINGS'
import os

from test_sqlite import *

SESSION_ENGINE = "rest_sessions.django"
REST_SESSIONS = {"url": os.environ["REST_SESSIONS_EMBEDDED"], "app": "django-suite"}
SETTINGS
  cd tests
  PYTHONPATH=.:.. "$python" -Wignore runtests.py --settings=through_ours --parallel 1 "$@"
fi
