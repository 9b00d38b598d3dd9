from __future__ import annotations

import uuid
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import flask
import pytest

import rest_sessions
from rest_sessions.flask import RestSessionInterface

from . import contract


def make_app(url: str, app: str, page: Any) -> flask.Flask:
    shop = flask.Flask(__name__)
    shop.session_interface = RestSessionInterface(url, app)

    @shop.route("/", methods=["GET", "POST"])
    def index() -> Any:
        return page() or ""

    @shop.errorhandler(rest_sessions.SessionNotFoundError)
    def ended(_error: Exception) -> Any:
        return "ended", 409

    return shop


def visit(shop: flask.Flask, token: str | None = None, query: str = "") -> Any:
    headers = {} if token is None else {"Cookie": f"session={token}"}
    return shop.test_client(use_cookies=False).get("/" + query, headers=headers)


def token_of(response: Any) -> str:
    return response.headers["Set-Cookie"].split("=")[1].split(";")[0]


class FlaskDeeds(contract.MappingDeeds):
    def login(self, subject: str) -> None:
        flask.session.login(subject)

    def logout(self) -> None:
        flask.session.logout()


def application(url: str, app: str, page: contract.Page) -> Any:
    shop = make_app(url, app, lambda: page(FlaskDeeds(flask.session)) and None)
    # Flask saves the session after its error handlers: what fails there is the WSGI server's.
    shop.config["PROPAGATE_EXCEPTIONS"] = True

    def request(cookie: str | None) -> contract.Answer:
        headers = {} if cookie is None else {"Cookie": f"session={cookie}"}
        try:
            response = shop.test_client(use_cookies=False).get("/", headers=headers)
        except rest_sessions.SessionNotFoundError:
            return contract.Answer("told", [])
        except rest_sessions.SessionError:
            return contract.Answer("error", [])
        ends = {200: "well", 409: "told"}.get(response.status_code, "error")
        return contract.Answer(ends, response.headers.getlist("Set-Cookie"))

    return request


def test_contract(vector: str) -> None:
    contract.play(vector, application)


def test_values_of_flask_come_back(store: str) -> None:
    values = {
        "when": datetime(2026, 11, 28, 12, 0, tzinfo=timezone.utc),
        "id": uuid.UUID(int=1),
        "pair": (1, 2),
        "bytes": b"\x00\xff",
        "plain": {"a": [1, 2.5, None]},
    }
    seen: dict[str, Any] = {}

    def page() -> str:
        if flask.request.method == "POST":
            flask.session.update(values)
            flask.flash("hello")
            flask.session.permanent = True
        else:
            seen.update({key: flask.session.get(key) for key in values})
            seen["flashes"] = flask.get_flashed_messages()
        return ""

    shop = make_app(store, "flask-values", page)
    browser = shop.test_client()
    response = browser.post("/")
    assert "Max-Age" in response.headers["Set-Cookie"]
    browser.get("/")
    assert seen == {**values, "flashes": ["hello"]}
    token = browser.get_cookie("session").value
    data = shop.session_interface.client.get(token)["data"]
    assert data["plain"] == values["plain"] and set(data) == {"plain", "_flask"}


def test_pages_without_their_session_ask_nothing() -> None:
    shop = make_app("http://127.0.0.1:9", "flask", lambda: "static")
    response = shop.test_client().get("/", headers={"Cookie": "session=abcdefghijklmnopqrstuvwx"})
    assert response.status_code == 200 and "Vary" not in response.headers


def test_a_permanent_session_lasts_as_flask_says(store: str) -> None:
    def page() -> str:
        if flask.request.method == "POST":
            flask.session["a"] = flask.session.get("a", 0) + 1
            flask.session.permanent = "short" not in flask.request.args
        return ""

    shop = make_app(store, "flask-permanent", page)
    shop.config["SESSION_COOKIE_PARTITIONED"] = True
    shop.permanent_session_lifetime = timedelta(days=31)
    client = shop.session_interface.client
    browser = shop.test_client()
    with browser:
        cookie = browser.post("/").headers["Set-Cookie"]
        assert "Max-Age=2678400" in cookie and "Partitioned" in cookie
        # Extensions look whether it was, after it was saved.
        assert flask.session.modified
    token = browser.get_cookie("session").value
    assert client.get(token)["idleTimeout"] == 2_678_400
    unused = browser.get("/")
    assert "Max-Age=2678400" in unused.headers["Set-Cookie"] and unused.headers["Vary"] == "Cookie"
    no_more = browser.post("/?short").headers["Set-Cookie"]
    assert token in no_more and "Max-Age" not in no_more


def test_a_very_short_permanent_session_slides(store: str) -> None:
    def page() -> str:
        flask.session["a"] = flask.session.get("a", 0) + 1
        flask.session.permanent = True
        return ""

    shop = make_app(store, "flask-short", page)
    shop.permanent_session_lifetime = timedelta(seconds=3)
    browser = shop.test_client()
    assert "Max-Age=3" in browser.get("/").headers["Set-Cookie"]
    client, token = shop.session_interface.client, browser.get_cookie("session").value
    first = client.get(token)["absoluteExpiresAt"]
    browser.get("/")
    assert client.get(token)["absoluteExpiresAt"] > first


def test_pages_at_once_keep_what_each_wrote_of_flasks_own(store: str) -> None:
    def page() -> str:
        step = flask.request.args.get("step")
        flask.session["a"] = flask.session.get("a", 0)
        if step == "outer":
            # Another page of the same visitor, while this one runs.
            other = shop.test_client()
            other.set_cookie("session", browser.get_cookie("session").value)
            other.get("/?step=inner")
            flask.session["_mine"] = 1
            flask.session["at"] = datetime(2026, 11, 28, tzinfo=timezone.utc)
        elif step == "inner":
            flask.flash("hello")
            flask.session.pop("_old")
        elif step == "see":
            seen.append(
                (flask.get_flashed_messages(), flask.session.get("_old"), flask.session["_mine"], flask.session["at"].year)
            )
        else:
            flask.session["_old"] = 1
        return ""

    seen: list[Any] = []
    shop = make_app(store, "flask-own", page)
    browser = shop.test_client()
    for step in ("", "?step=outer", "?step=see"):
        assert browser.get("/" + step).status_code == 200
    assert seen == [(["hello"], None, 1, 2026)]


def test_a_login_keeps_what_another_page_wrote_of_flasks_own(store: str) -> None:
    def page() -> Any:
        if "flash" in flask.request.args:
            flask.flash("hello")
        elif "login" in flask.request.args:
            assert flask.session["cart"] == 1
            visit(shop, token, "?flash")
            flask.session.login("ann")
            flask.session["at"] = datetime(2026, 11, 28, tzinfo=timezone.utc)
        elif "see" in flask.request.args:
            return {"flashes": flask.get_flashed_messages(), "year": flask.session["at"].year, "cart": flask.session["cart"]}
        else:
            flask.session["cart"] = 1
        return ""

    shop = make_app(store, "flask-own-login", page)
    token = token_of(visit(shop))
    token = token_of(visit(shop, token, "?login"))
    assert visit(shop, token, "?see").get_json() == {"flashes": ["hello"], "year": 2026, "cart": 1}


def test_a_login_form_that_is_submitted_twice_is_told(store: str) -> None:
    def page() -> None:
        step = flask.request.args.get("step")
        if step is None:
            flask.session["cart"] = 1
            return
        assert flask.session["cart"] == 1
        if step == "outer":
            assert visit(shop, token, "?step=inner").status_code == 200
        flask.session.login("ann")

    shop = make_app(store, "flask-twice", page)
    token = token_of(visit(shop))
    second = visit(shop, token, "?step=outer")
    assert second.status_code == 409 and second.text == "ended" and "Set-Cookie" not in second.headers
    assert len(shop.session_interface.client.list(subject="ann")["sessions"]) == 1


def test_a_lifetime_that_the_policy_refuses_is_named(tmp_path: Path) -> None:
    def page() -> str:
        flask.session.permanent = True
        return ""

    process, url = contract.start_server(tmp_path, "0", {"defaults": {"maxIdleTimeout": 86_400}})
    try:
        shop = make_app(url, "flask-policy", page)
        shop.testing = True
        with pytest.raises(rest_sessions.SessionError, match=r"86400.*PERMANENT_SESSION_LIFETIME"):
            shop.test_client().get("/")
    finally:
        process.kill()
        process.wait()


def test_a_page_without_its_session_does_not_set_a_token_that_a_login_has_replaced(store: str) -> None:
    def page() -> str:
        if "login" in flask.request.args:
            flask.session.login("ann")
        elif "begin" in flask.request.args:
            flask.session.permanent = True
        return ""

    shop = make_app(store, "flask-refreshed", page)
    token = token_of(visit(shop, None, "?begin"))
    assert token_of(visit(shop, token)) == token
    new = token_of(visit(shop, token, "?login"))
    # Its browser sent it before it had the answer to the login.
    assert "Set-Cookie" not in visit(shop, token).headers
    assert token_of(visit(shop, new)) == new


def test_an_empty_session_is_ended(store: str) -> None:
    def page() -> str:
        if flask.request.method == "POST":
            flask.session.clear()
        else:
            flask.session["a"] = 1
        return ""

    shop = make_app(store, "flask-clear", page)
    browser = shop.test_client()
    browser.get("/")
    token = browser.get_cookie("session").value
    browser.post("/")
    assert browser.get_cookie("session") is None
    assert shop.session_interface.client.find(token) is None


def test_users_are_listed_and_ended(store: str) -> None:
    shop = make_app(store, "flask-users", lambda: flask.session.login("ann"))
    browser = shop.test_client()
    browser.get("/")
    client = shop.session_interface.client
    assert [each["subject"] for each in client.list(subject="ann")["sessions"]] == ["ann"]
    assert client.revoke_subject("ann") == 1


def test_keys_must_be_text() -> None:
    def page() -> None:
        with pytest.raises(TypeError, match="a key of a session must be text, not int"):
            flask.session[1] = 2

    make_app(contract.stores()[0], "flask-keys", page).test_client().get("/")
