"""Sessions of Starlette and FastAPI on a REST-Sessions server: a pure ASGI middleware.

    app.add_middleware(RestSessionMiddleware, url="http://127.0.0.1:3000", app_name="shop")

`request.session["cart"]` is `data.cart` for every other stack. Values must be such that JSON has; names that begin with `_`
are under `_starlette`. The session is read before the page, and saved when its answer begins, so an answer that is streamed
cannot change it any more.
"""

from __future__ import annotations

from http.cookies import CookieError, SimpleCookie
from ssl import SSLContext
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ._client import AsyncClient
from ._delta import TouchTimes
from ._own import apatch
from ._page import PageSession, cookie_age, device_of, telling_ends
from ._protocol import is_token
from .errors import SessionError


class RestSession(PageSession):
    """The session of a page: `request.session`."""

    def __init__(self, middleware: RestSessionMiddleware, connection: HTTPConnection) -> None:
        super().__init__("_starlette")
        self._middleware = middleware
        self.connection = connection
        #: Whether the browser has another token than this session, or one that opens nothing.
        self.needs_cookie = False

    async def login(self, subject: str) -> None:
        """Makes it the session of a user, under a new token, and keeps its values. Call it where the password was checked."""
        await self._middleware.rotate(self, subject)

    async def logout(self) -> None:
        """Ends it, here and on the server."""
        await self._middleware.end(self)


class RestSessionMiddleware:
    """Options as of `AsyncClient`, and of the cookie; its name is `__Host-session` over HTTPS, and `session` over HTTP."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        url: str,
        app_name: str,
        key: str | None = None,
        timeout: float = 2.0,
        touch_interval: float = 30.0,
        ssl_context: SSLContext | None = None,
        cookie_name: str | None = None,
        same_site: str = "lax",
        https_only: bool | None = None,
        domain: str | None = None,
        persistent: bool = False,
    ) -> None:
        if same_site.lower() not in ("strict", "lax", "none"):
            raise ValueError('same_site must be "strict", "lax" or "none"')
        if same_site.lower() == "none" and https_only is False:
            raise ValueError('https_only must not be False for same_site "none": browsers drop such a cookie')
        if domain is not None and (cookie_name or "__Host-").startswith("__Host-"):
            raise ValueError("domain needs a cookie_name that does not begin with __Host-")
        self.app = app
        self.client = AsyncClient(url, app_name, key, timeout=timeout, ssl_context=ssl_context)
        self._touches = TouchTimes(touch_interval)
        self._cookie_name = cookie_name
        self._same_site = same_site.capitalize()
        self._https_only = https_only
        self._domain = domain
        self._persistent = persistent

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        session = RestSession(self, connection)
        scope["session"] = session
        is_secure = scope["scheme"] in ("https", "wss") if self._https_only is None else self._https_only
        name = self._cookie_name or ("__Host-session" if is_secure else "session")
        # An application that is mounted in it writes itself there.
        application, token = scope.get("app"), connection.cookies.get(name)
        if scope["type"] == "websocket":
            await self._read(session, token)
            await self.app(scope, receive, send)
            return
        try:
            await self._read(session, token)
        except SessionError as error:
            await self._tell(error, application, scope, receive, send)
            return
        failure: SessionError | None = None

        async def send_saved(message: Message) -> None:
            nonlocal failure
            if failure is not None:
                # The application goes on with an answer that will not be given.
                raise failure
            if message["type"] == "http.response.start":
                try:
                    await self._save(session)
                except SessionError as error:
                    failure = error
                    raise
                cookie = self._cookie_of(session, name, is_secure)
                if cookie is not None:
                    MutableHeaders(scope=message).append("Set-Cookie", cookie)
            await send(message)

        try:
            await self.app(scope, receive, send_saved)
        except Exception:
            if failure is None:
                raise
        if failure is not None:
            await self._tell(failure, application, scope, receive, send)

    async def _tell(self, error: SessionError, application: Any, scope: Scope, receive: Receive, send: Send) -> None:
        """Lets the `exception_handlers` of the application answer an error that came before or behind its pages.

        Inside, Starlette takes the answer of a page for begun as soon as the page has given it, although nothing went out yet.
        """

        async def fail(_scope: Scope, _receive: Receive, _send: Send) -> None:
            raise error

        known = getattr(application, "exception_handlers", {})
        # These two are for the outermost middleware, which sees whatever no other handler takes.
        handlers = {kind: handler for kind, handler in known.items() if kind not in (500, Exception)}
        await ExceptionMiddleware(fail, handlers)(scope, receive, send)

    async def _read(self, session: RestSession, token: str | None) -> None:
        if token is None or not is_token(token):
            return
        touch = self._touches.is_due(token)
        stored = await self.client.find(token, touch=touch)
        if stored is None:
            session.needs_cookie = True
            return
        if touch:
            self._touches.note(token, stored["idleTimeout"])
            # A browser counts the life of a cookie from when it was set last.
            session.needs_cookie = self._persistent
        session.take(token, stored)

    async def _save(self, session: RestSession) -> None:
        to_set, to_unset = session.changed()
        if not to_set and not to_unset:
            return
        if session.token is None:
            await self._create(session, {})
        elif not session:
            await self.end(session)
        else:
            stored = await apatch(self.client, session.token, session.write(to_set, to_unset, {}))
            self._touches.note(session.token, stored["idleTimeout"])
            session.saved(session.token, stored)

    async def _create(self, session: RestSession, more: dict[str, Any]) -> None:
        client = session.connection.client
        device = device_of(client.host if client else None, session.connection.headers.get("user-agent"))
        made = await self.client.create(data=session.packed(), **device, **more)
        self._touches.note(made["token"], made["session"]["idleTimeout"])
        session.saved(made["token"], made["session"])
        session.needs_cookie = True

    async def rotate(self, session: RestSession, subject: str) -> None:
        if session.token is None:
            await self._create(session, {"subject": subject})
            return
        with telling_ends():
            made = await self.client.rotate(session.token, subject=subject)
        self._touches.forget(session.token)
        session.rotated(made["token"], made["session"])
        session.needs_cookie = True

    async def end(self, session: RestSession) -> None:
        if session.token is not None:
            self._touches.forget(session.token)
            await self.client.revoke(session.token)
        session.forget()
        session.needs_cookie = True

    def _cookie_of(self, session: RestSession, name: str, is_secure: bool) -> str | None:
        if not session.needs_cookie:
            return None
        cookie: SimpleCookie = SimpleCookie()
        try:
            cookie[name] = session.token or ""
        except CookieError as error:
            raise ValueError(f"cookie_name must be letters, digits and signs that a cookie may have: {name!r}") from error
        of = cookie[name]
        of["path"], of["httponly"], of["samesite"] = "/", True, self._same_site
        if is_secure:
            of["secure"] = True
        if self._domain is not None:
            of["domain"] = self._domain
        if session.token is None:
            of["max-age"] = 0
        elif self._persistent and session.stored is not None:
            of["max-age"] = cookie_age(session.stored["idleTimeout"])
        return cookie.output(header="").strip()
