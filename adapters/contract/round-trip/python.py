"""Django, Flask and Starlette in the test of round trips: README.md has the orders. Each line on the standard input is one."""

from __future__ import annotations

import json
import sys
from datetime import datetime, timezone
from typing import Any

import django
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import path
from flask import Flask, Response, session
from rest_sessions.flask import RestSessionInterface
from rest_sessions.starlette import RestSessionMiddleware
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

VALUES: dict[str, Any] = {
    "integer beyond 2^53": 2**53 + 1,
    "integer beyond 2^64": 2**65 + 1,
    "whole float": 1.0,
    "whole number": 1,
    "negative zero": -0.0,
    "empty list": [],
    "empty map": {},
    "empty in a nest": {"a": [], "b": {}, "c": [{}]},
    "order of members": {"z": 1, "a": 2, "10": 3, "9": 4},
    "null": None,
    "astral text": "\U0001f600 a\u0308 \0 \u2028",
    "half of a character": "\ud800",
    "bytes": b"\x00\x01\x7f\xff",
    "instant": datetime(2026, 11, 28, 12, 34, 56, 0, timezone.utc),
}


def obey(kept: Any, order: dict[str, Any]) -> Any:
    match order["do"]:
        case "write":
            for name in order["names"]:
                kept[name] = VALUES[name]
        case "check":
            shown = {name: repr(kept[name] if name in kept else "absent") for name in order["names"]}
            return {name: text for name, text in shown.items() if text != repr(VALUES[name])}
        case "add":
            _ = dict(kept.items())
            kept[order["key"]] = 1
        case "copy":
            kept["copy"] = [kept[order["key"]]]
    return {}


current: dict[str, Any] = {}
result: Any = None


def run(kept: Any) -> None:
    global result
    result = obey(kept, current)


def django_page(request: HttpRequest) -> HttpResponse:
    run(request.session)
    return HttpResponse()


urlpatterns = [path("", django_page)]
settings.configure(
    SECRET_KEY="not a secret",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    MIDDLEWARE=["django.contrib.sessions.middleware.SessionMiddleware"],
    SESSION_ENGINE="rest_sessions.django",
    SESSION_COOKIE_NAME="session",
)
django.setup()


def visit_django(url: str, app: str, token: str | None) -> str | None:
    with override_settings(REST_SESSIONS={"url": url, "app": app}):
        browser = Client()
        if token is not None:
            browser.cookies["session"] = token
        browser.get("/")
        return browser.cookies["session"].value if "session" in browser.cookies else None


def visit_flask(url: str, app: str, token: str | None) -> str | None:
    pages = Flask(__name__)
    pages.session_interface = RestSessionInterface(url, app)
    pages.testing = True

    @pages.get("/")
    def page() -> Response:
        run(session)
        return Response()

    browser = pages.test_client()
    if token is not None:
        browser.set_cookie("session", token)
    browser.get("/")
    cookie = browser.get_cookie("session")
    return None if cookie is None else cookie.value


def visit_starlette(url: str, app: str, token: str | None) -> str | None:
    async def page(request: Request) -> PlainTextResponse:
        run(request.session)
        return PlainTextResponse()

    pages = Starlette(routes=[Route("/", page)])
    pages.add_middleware(RestSessionMiddleware, url=url, app_name=app)
    browser = TestClient(pages, cookies={} if token is None else {"session": token})
    browser.get("/")
    return browser.cookies.get("session")


VISITS = {"Django": visit_django, "Flask": visit_flask, "Starlette": visit_starlette}

for line in sys.stdin:
    current = json.loads(line)
    try:
        visit = VISITS[current["framework"]]
        token = visit(current["url"], current["app"], current["token"])
        print(json.dumps({"token": token, "faults": result}), flush=True)
    except Exception as error:  # noqa: BLE001
        print(json.dumps({"error": f"{type(error).__name__}: {error}"}), flush=True)
