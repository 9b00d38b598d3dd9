from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator
from contextlib import nullcontext
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, StreamingResponse
from starlette.routing import Route

import rest_sessions
from rest_sessions.starlette import RestSessionMiddleware

from . import contract


def make_app(url: str, app: str, page: Any, *, exception_handlers: Any = None, **options: Any) -> Starlette:
    async def index(request: Request) -> JSONResponse:
        result = page(request)
        return JSONResponse(await result if inspect.isawaitable(result) else result)

    return Starlette(
        routes=[Route("/", index, methods=["GET", "POST"])],
        middleware=[Middleware(RestSessionMiddleware, url=url, app_name=app, **options)],
        exception_handlers=exception_handlers,
    )


def browser(app: Starlette, **cookies: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shop", cookies=cookies)


class StarletteDeeds(contract.MappingDeeds):
    def login(self, subject: str) -> Any:
        return self.session.login(subject)

    def logout(self) -> Any:
        return self.session.logout()


def application(url: str, app: str, page: contract.Page) -> Any:
    async def run(request: Request) -> None:
        waiting: list[Any] = []
        deeds = StarletteDeeds(request.session)
        # A login is awaited before what comes after it: a page here logs in first.
        for each in page(deeds):
            waiting.append(each)
            await each

    shop = make_app(url, app, run)

    def request(cookie: str | None) -> contract.Answer:
        async def visit() -> contract.Answer:
            headers = {} if cookie is None else {"Cookie": f"session={cookie}"}
            try:
                async with browser(shop) as visitor:
                    response = await visitor.get("/", headers=headers)
            except rest_sessions.SessionNotFoundError:
                return contract.Answer("told", [])
            except rest_sessions.SessionError:
                return contract.Answer("error", [])
            ends = "well" if response.status_code == 200 else "error"
            return contract.Answer(ends, response.headers.get_list("Set-Cookie"))

        # Each page comes in an event loop of its own.
        return asyncio.run(visit())

    return request


def test_contract(vector: str) -> None:
    contract.play(vector, application)


async def test_touches_once_in_a_while(store: str) -> None:
    app = make_app(store, "asgi-touch", lambda request: request.session.setdefault("a", 1))
    async with browser(app) as visitor:
        await visitor.get("/")
        token = visitor.cookies["session"]
        async with rest_sessions.AsyncClient(store, "asgi-touch") as client:
            before = (await client.get(token))["reads"]
            await visitor.get("/")
            await visitor.get("/")
            assert (await client.get(token))["reads"] == before


async def test_login_and_logout(store: str) -> None:
    async def page(request: Request) -> Any:
        if request.method == "POST":
            await request.session.logout()
        else:
            request.session["cart"] = 1
            await request.session.login("ann")
        return request.session.subject

    async with browser(make_app(store, "asgi-login", page)) as visitor:
        assert (await visitor.get("/")).json() == "ann"
        token = visitor.cookies["session"]
        async with rest_sessions.AsyncClient(store, "asgi-login") as client:
            assert (await client.get(token))["data"] == {"cart": 1}
            assert (await visitor.post("/")).json() is None
            assert await client.find(token) is None
        assert "session" not in visitor.cookies


async def test_twenty_at_once_lose_nothing(store: str) -> None:
    def page(request: Request) -> int:
        request.session[request.query_params["add"]] = 1
        return len(request.session)

    async with browser(make_app(store, "asgi-many", page)) as visitor:
        await visitor.get("/?add=begin")
        await asyncio.gather(*(visitor.get(f"/?add=item{i}") for i in range(20)))
        assert (await visitor.get("/?add=begin")).json() == 21


async def test_pages_at_once_keep_what_each_wrote_of_its_own(store: str) -> None:
    async def page(request: Request) -> Any:
        name = request.query_params["set"]
        request.session.get(name)
        if name == "_outer":
            async with browser(app, session=visitor.cookies["session"]) as other:
                await other.get("/?set=_inner")
        request.session[name] = 1
        return sorted(request.session)

    app = make_app(store, "asgi-own", page)
    async with browser(app) as visitor:
        for name in ("_begin", "_outer"):
            await visitor.get(f"/?set={name}")
        assert (await visitor.get("/?set=_begin")).json() == ["_begin", "_inner", "_outer"]


async def test_a_login_keeps_what_another_page_wrote_of_its_own(store: str) -> None:
    async def page(request: Request) -> Any:
        step = request.query_params["step"]
        request.session.get("cart")
        if step == "login":
            async with browser(app, session=visitor.cookies["session"]) as other:
                await other.get("/?step=other")
            await request.session.login("ann")
        request.session[f"_{step}"] = 1
        return sorted(request.session)

    app = make_app(store, "asgi-own-login", page)
    async with browser(app) as visitor:
        for step in ("begin", "login"):
            await visitor.get(f"/?step={step}")
        assert (await visitor.get("/?step=begin")).json() == ["_begin", "_login", "_other"]


async def test_a_login_form_that_is_submitted_twice_is_told(store: str) -> None:
    async def page(request: Request) -> None:
        step = request.query_params.get("step")
        if step is None:
            request.session["cart"] = 1
            return
        if step == "outer":
            async with browser(app, session=visitor.cookies["session"]) as other:
                assert (await other.get("/?step=inner")).status_code == 200
        with pytest.raises(rest_sessions.SessionNotFoundError) if step == "outer" else nullcontext():
            await request.session.login("ann")

    app = make_app(store, "asgi-twice", page)
    async with browser(app) as visitor:
        await visitor.get("/")
        assert (await visitor.get("/?step=outer")).status_code == 200


async def test_errors_of_reading_and_saving_have_the_handlers_of_the_application(store: str) -> None:
    client = rest_sessions.AsyncClient(store, "asgi-handlers")
    ran: list[str] = []

    async def page(request: Request) -> Any:
        request.session["seen"] = request.session.get("seen", 0) + 1
        if "end" in request.query_params:
            await client.revoke(request.session.token)
        return {}

    async def streamed(request: Request) -> StreamingResponse:
        await page(request)

        async def pieces() -> AsyncIterator[bytes]:
            yield b"never given"

        return StreamingResponse(pieces(), background=BackgroundTask(ran.append, "task"))

    def ended(request: Request, error: Exception) -> JSONResponse:
        return JSONResponse({"told": type(error).__name__}, 409)

    async def away(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, rest_sessions.SessionError)
        return JSONResponse({"told": error.code}, 503)

    handlers = {rest_sessions.SessionNotFoundError: ended, rest_sessions.SessionError: away}
    for path in ("/", "/streamed"):
        app = make_app(store, "asgi-handlers", page, exception_handlers=handlers)
        app.router.routes.append(Route("/streamed", streamed))
        # What a middleware inside makes of it is not given either.
        app.add_middleware(BaseHTTPMiddleware, dispatch=lambda request, call_next: call_next(request))
        app.user_middleware.reverse()
        async with browser(app) as visitor:
            assert (await visitor.get(path)).status_code == 200
            ran.clear()
            answer = await visitor.get(f"{path}?end")
            assert (answer.status_code, answer.json()) == (409, {"told": "SessionNotFoundError"})
            assert "set-cookie" not in answer.headers and ran == []
    async with browser(make_app("http://127.0.0.1:9", "shop", page, exception_handlers=handlers), session="a" * 30) as visitor:
        answer = await visitor.get("/")
        assert (answer.status_code, answer.json()) == (503, {"told": "unreachable"})
    await client.aclose()


async def test_an_error_without_a_handler_is_the_servers() -> None:
    async with browser(make_app("http://127.0.0.1:9", "shop", lambda request: None), session="a" * 30) as visitor:
        with pytest.raises(rest_sessions.SessionServerLostError):
            await visitor.get("/")


async def test_an_error_of_a_page_is_its_own(store: str) -> None:
    def page(request: Request) -> None:
        request.session["a"] = 1
        raise LookupError("of the page")

    async with browser(make_app(store, "asgi-own-error", page)) as visitor:
        with pytest.raises(LookupError, match="of the page"):
            await visitor.get("/")


async def test_cookie_over_https() -> None:
    app = make_app(contract.stores()[0], "asgi-cookie", lambda request: request.session.setdefault("a", 1), persistent=True)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://shop") as visitor:
        line = (await visitor.get("/")).headers["Set-Cookie"]
    assert line.startswith("__Host-session=") and "Secure" in line and "Max-Age=7200" in line


def test_wrong_options_are_named() -> None:
    for wrong, options in {
        "same_site must be": {"same_site": "laxx"},
        "domain needs": {"domain": "example.com"},
        "https_only must not": {"same_site": "none", "https_only": False},
    }.items():
        with pytest.raises(ValueError, match=wrong):
            RestSessionMiddleware(lambda *_: None, url="http://127.0.0.1:9", app_name="shop", **options)  # type: ignore[arg-type]
