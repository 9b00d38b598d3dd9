"""An application of Flask moves to our server, and nobody logs in again: with sessions that Flask-Session itself wrote."""

from __future__ import annotations

import json
import subprocess
import sys
import uuid
import warnings
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import flask
import flask_login
import pytest
from flask_session import Session
from markupsafe import Markup
from redis import Redis

import rest_sessions
from rest_sessions.flask import RestSessionInterface

from .moving import COMMAND, Moving, moving, redis_server

pytestmark = pytest.mark.skipif(COMMAND == [], reason="with-servers.mjs has not started this")

#: What msgpack and JSON give back as it was.
VALUES = {
    "cart": {"lamp": 2, "price": 19.0, "tax": 1e-07, "": None, "7": [True, [], {}]},
    "name": 'Zoë 😀 "quoted" \\ / \n\t\x7f',
    "numbers": [2**63, -(2**63), 255, 65536, -1, -129, -40000, 2**32, 0.1, -0.0, 1e16, 5e-324],
    "huge": "x" * 20_000,
    "many": list(range(3_000)),
    "_own": [1, {"_": 2}],
    " t": {" t": 1},
}
#: What pickle gives back, too.
MORE = {
    "pair": (1, ("two", b"three")),
    "at": datetime(2026, 11, 29, 1, 2, 3, tzinfo=timezone.utc),
    "raw": b"\x00\xff",
    "id": uuid.UUID("30b21dc5-7993-48eb-a675-a40f76475da0"),
    "html": Markup("<b>bold</b>"),
    "big": 2**100,
    "within": [{"deep": (1,)}],
}


@pytest.fixture
def target(tmp_path: Path) -> Iterator[Moving]:
    with moving(tmp_path) as started:
        yield started


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[str]:
    with redis_server(tmp_path) as url:
        yield url


class User(flask_login.UserMixin):
    def __init__(self, name: str) -> None:
        self.id = name


def shop(values: dict[str, Any] | None = None) -> flask.Flask:
    """The application, without its sessions."""
    app = flask.Flask("shop")
    app.secret_key = "not a secret"
    logins = flask_login.LoginManager(app)
    logins.user_loader(User)

    @app.route("/login")
    def login() -> str:
        flask_login.login_user(User("ann"))
        flask.flash("welcome", "info")
        flask.session.update(values or {})
        return ""

    @app.route("/")
    def look() -> str:
        user = flask_login.current_user
        app.seen = {"user": user.get_id(), "values": dict(flask.session)}  # type: ignore[attr-defined]
        return ""

    return app


def with_flask_session(app: flask.Flask, redis: str, **config: Any) -> flask.Flask:
    app.config.update(SESSION_TYPE="redis", SESSION_REDIS=Redis.from_url(redis), **config)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        Session(app)
    return app


def with_ours(app: flask.Flask, target: Moving) -> flask.Flask:
    app.session_interface = RestSessionInterface(target.url, target.app)
    return app


def log_in(app: flask.Flask) -> str:
    """Gives the cookie."""
    browser = app.test_client()
    browser.get("/login")
    cookie = browser.get_cookie("session")
    assert cookie is not None
    return cookie.value


def seen_by(app: flask.Flask, cookie: str) -> Any:
    app.test_client(use_cookies=False).get("/", headers={"Cookie": f"session={cookie}"})
    return app.seen  # type: ignore[attr-defined]


def same_as_written_by_us(target: Moving, cookie: str, values: dict[str, Any]) -> None:
    """What came over is to the letter what our session layer would have stored of the same values."""
    app = with_ours(flask.Flask("writer"), target)

    @app.route("/")
    def write() -> str:
        flask.session.update(values)
        return ""

    browser = app.test_client()
    browser.get("/")
    written = browser.get_cookie("session")
    assert written is not None
    client = rest_sessions.Client(target.url, target.app)
    assert json.dumps(client.get(cookie)["data"]) == json.dumps(client.get(written.value)["data"])


@pytest.mark.parametrize("form", ["msgpack", "json"])
def test_sessions_of_today_move(target: Moving, redis: str, form: str) -> None:
    old = with_flask_session(shop(VALUES), redis, SESSION_SERIALIZATION_FORMAT=form)
    cookie = log_in(old)
    before = seen_by(old, cookie)
    report = target.imports(f"flask-session:{redis}")
    assert (report["taken"], report["left"]) == (1, [])
    client = rest_sessions.Client(target.url, target.app)
    moved = client.get(cookie)
    assert moved["subject"] == "ann"
    assert 31 * 86400 - 60 < moved["idleTimeout"] <= 31 * 86400
    assert seen_by(with_ours(shop(), target), cookie) == before
    assert before["user"] == "ann"
    same_as_written_by_us(target, cookie, before["values"])


def test_instants_of_msgpack_move(target: Moving, redis: str) -> None:
    values = {"at": MORE["at"], "raw": b"\x00\xff", "when": [datetime(1969, 1, 1, tzinfo=timezone.utc)]}
    old = with_flask_session(shop(values), redis)
    cookie = log_in(old)
    before = seen_by(old, cookie)
    assert target.imports(f"flask-session:{redis}", "--timeout=3600")["left"] == []
    assert seen_by(with_ours(shop(), target), cookie) == before


def test_signed_cookies_move(target: Moving, redis: str, tmp_path: Path) -> None:
    old = with_flask_session(shop({}), redis, SESSION_USE_SIGNER=True)
    cookie = log_in(old)
    before = seen_by(old, cookie)
    (tmp_path / "secret").write_text("not a secret\n")
    missing = target.tries(f"flask-session:{redis}", "--signed")
    assert missing.returncode == 2 and "--signed needs --secret-file" in missing.stderr
    report = target.imports(f"flask-session:{redis}", "--signed", f"--secret-file={tmp_path / 'secret'}")
    assert report["taken"] == 1
    assert seen_by(with_ours(shop(), target), cookie) == before
    # The id alone, without the signature, opens nothing here either.
    client = rest_sessions.Client(target.url, target.app)
    assert client.find(cookie.rsplit(".", 1)[0]) is None


WRITER = """
import sys, flask, pickle
from flask_session import Session
from redis import Redis
app = flask.Flask("shop")
app.config.update(SESSION_TYPE="redis", SESSION_REDIS=Redis.from_url(sys.argv[1]), SESSION_KEY_PREFIX="old:")
Session(app)
values = pickle.loads(sys.stdin.buffer.read())
@app.route("/")
def page():
    flask.session.update(values)
    return ""
browser = app.test_client()
browser.get("/")
print(browser.get_cookie("session").value)
"""


def test_pickles_of_before_0_7_move(target: Moving, redis: str) -> None:
    import pickle

    values = {**VALUES, **MORE, "_user_id": "ann", "_fresh": False, "_flashes": [("info", "welcome")]}
    older = Path(__file__).parent.parent / ".flask-session-0.5"
    wrote = subprocess.run(
        [sys.executable, "-c", WRITER, redis],
        input=pickle.dumps(values),
        env={"PYTHONPATH": str(older)},
        capture_output=True,
        timeout=300,
    )
    assert wrote.returncode == 0, wrote.stderr
    cookie = wrote.stdout.decode().strip()
    assert len(cookie) == 36
    report = target.imports(f"flask-session:{redis}", "--prefix=old:")
    assert (report["taken"], report["left"]) == (1, [])
    after = seen_by(with_ours(shop(), target), cookie)
    assert after == {"user": "ann", "values": {**values, "_permanent": True}}
    same_as_written_by_us(target, cookie, {"_permanent": True, **values})


def test_what_is_not_taken_is_told(target: Moving, redis: str) -> None:
    import pickle

    old = with_flask_session(shop({}), redis)
    cookie = log_in(old)
    direct = Redis.from_url(redis)
    for key, value in {
        # As visitors of Flask-Session before 0.6 could choose.
        "session:admin": pickle.dumps({"a": 1}),
        "session:0123456789abcdef-not-dict": pickle.dumps([1]),
        "session:0123456789abcdef-foreign": b"hello",
        "session:0123456789abcdef-cut": pickle.dumps({"a": "b" * 100})[:50],
        "session:0123456789abcdef-lines": pickle.dumps({"_user_id": "a\nb"}),
        "session:0123456789abcdef-runs": b"cos\nsystem\n(S'touch /tmp/was-run'\ntR.",
        "session:0123456789abcdef-lost": pickle.dumps({"a": 1, "s": {1}, "d": datetime.now().date()}),
        "elsewhere": b"1",
    }.items():
        direct.set(key, value, ex=60)
    direct.hset("session:0123456789abcdef-hash", "a", "b")
    direct.set("session:0123456789abcdef-lasting", pickle.dumps({"a": 1}))
    report = target.imports(f"flask-session:{redis}")
    assert report["taken"] == 3
    left = {item["reason"]: item["count"] for item in report["left"]}
    assert left == {"invalid_token": 1, "unreadable": 4, "invalid_subject": 1, "wrong_type": 1, "value": 2}
    told = json.dumps(report)
    assert cookie not in told and "0123456789abcdef" not in told
    client = rest_sessions.Client(target.url, target.app)
    assert client.get("0123456789abcdef-lost")["data"] == {"a": 1}
    assert client.find("0123456789abcdef-lasting") is not None
    assert not Path("/tmp/was-run").exists()


def test_bad_input_is_one_sentence_and_changes_nothing(target: Moving, redis: str) -> None:
    Redis.from_url(redis).set("something", "else")
    cases = [
        (f"flask-session:{redis}", [], "there is no session of Flask-Session"),
        (f"flask-session:{redis}", ["--timeout=soon"], "--timeout must be"),
        (f"flask-session:{redis}", ["--subject=a..b"], "--subject must be"),
        (f"flask-session:{redis}", ["--secret-file=/dev/null"], "no key"),
        ("flask-session:redis://127.0.0.1:9/0", [], "127.0.0.1:9"),
        ("flask-session:nonsense", [], "no URL of a Redis"),
    ]
    for source, options, sentence in cases:
        done = target.tries(source, *options)
        assert done.returncode == 2, (source, done.stderr)
        assert sentence in done.stderr and len(done.stderr.strip().splitlines()) == 1, done.stderr
    words = ["import", f"--from=flask-session:{redis}", "--app=moved", f"--store={target.store}"]
    done = subprocess.run([*COMMAND, *words], capture_output=True, text=True, timeout=300)
    assert done.returncode == 2 and "say --keep-tokens" in done.stderr
