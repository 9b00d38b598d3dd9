"""Flask's sessions on a REST-Sessions server.

    app.session_interface = RestSessionInterface("http://127.0.0.1:3000", "shop")

`session["cart"]` is `data.cart` for every other stack. The server is asked when a page first uses its session, and not for
pages that do not. Names that begin with `_` (flashes, permanence) and values that only Flask knows (dates, tuples, bytes,
UUIDs, Markup) are under `_flask`.
"""

from __future__ import annotations

from ssl import SSLContext
from typing import Any

from flask import Flask, Request, Response
from flask.json.tag import TaggedJSONSerializer
from flask.sessions import SessionInterface, SessionMixin
from flask.wrappers import Request as FlaskRequest

from ._client import Client
from ._delta import TouchTimes
from ._own import patch
from ._page import PageSession, cookie_age, device_of, lasting, naming, telling_ends
from ._protocol import is_token
from .errors import SessionNotFoundError

_TAGGED = TaggedJSONSerializer()

_LIFETIME = "PERMANENT_SESSION_LIFETIME of Flask"

_MOST_REFRESHED = 10_000


class RestSession(PageSession, SessionMixin):
    """The session of a page."""

    def __init__(self, interface: RestSessionInterface, request: FlaskRequest, token: str | None) -> None:
        super().__init__("_flask")
        self._interface = interface
        self._request = request
        self._pending = token
        self._is_lost = False
        self.accessed = False
        #: Whether the page replaced its session by a new one, so that the cookie must go when nothing was kept.
        self.was_ended = False
        self._was_modified = False
        self._was_permanent = False

    def _load(self) -> None:
        self.accessed = True
        token, self._pending = self._pending, None
        if token is None:
            return
        try:
            self._interface.read_into(self, token)
        except BaseException:
            # Whoever asks again is told again: it must never look like an empty session.
            self._pending = token
            raise

    @property
    def modified(self) -> bool:
        return self._was_modified or (self._pending is None and self.changed() != ({}, []))

    @modified.setter
    def modified(self, value: bool) -> None:
        # What is written is found by comparison, also inside of values.
        self._was_modified = value

    def take(self, token: str, session: dict[str, Any]) -> None:
        super().take(token, session)
        self._was_permanent = self.permanent

    def saved(self, token: str, session: dict[str, Any]) -> None:
        self._was_modified = self._was_modified or self.changed() != ({}, [])
        super().saved(token, session)

    @property
    def new(self) -> bool:  # type: ignore[override]
        self._load()
        return self.token is None

    def login(self, subject: str) -> None:
        """Makes it the session of a user, under a new token, and keeps its values. Call it where the password was checked."""
        self._load()
        self._interface.rotate(self, subject)

    def logout(self) -> None:
        """Ends it, here and on the server."""
        self._load()
        self._interface.end(self)

    def _packed(self) -> dict[str, Any]:
        shared: dict[str, Any] = {}
        private: dict[str, Any] = {}
        for key, value in self._values.items():
            tagged = _TAGGED.tag(value)
            if key.startswith("_") or tagged != value or isinstance(value, tuple):
                private[key] = tagged
            else:
                shared[key] = value
        return {**shared, **({self._private_key: private} if private else {})}

    def _unpacked(self, private: dict[str, Any]) -> dict[str, Any]:
        return {key: _TAGGED._untag_scan(value) for key, value in private.items()}


class RestSessionInterface(SessionInterface):
    """Give it to `app.session_interface`.

    Options as of `Client`; `touch_interval`: for how many seconds one read is enough to tell that someone is there.
    """

    session_class = RestSession

    def __init__(
        self,
        url: str,
        app: str,
        key: str | None = None,
        *,
        timeout: float = 2.0,
        touch_interval: float = 30.0,
        ssl_context: SSLContext | None = None,
    ) -> None:
        self.client = Client(url, app, key, timeout=timeout, ssl_context=ssl_context)
        self._touches = TouchTimes(touch_interval)
        #: The ages of the cookies that are refreshed at each request, by token. The oldest go first.
        self._refreshed: dict[str, int] = {}

    def open_session(self, app: Flask, request: Request) -> RestSession:
        token = request.cookies.get(self.get_cookie_name(app))
        return self.session_class(self, request, token if is_token(token) else None)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        if not isinstance(session, RestSession):
            return
        if session.accessed:
            response.vary.add("Cookie")
        if session._pending is not None:
            self._refresh(app, session._pending, response)
            return
        had, had_permanent = session.token, session._was_permanent
        self._save(app, session)
        if session.token is None:
            if session.was_ended:
                response.delete_cookie(self.get_cookie_name(app), **self._cookie(app, None))
                response.vary.add("Cookie")
            return
        is_new = session.token != had or session.was_ended or session.permanent != had_permanent
        if is_new or (session.permanent and self.should_set_cookie(app, session)):
            self._set_cookie(app, response, session.token, self._age(app, session))

    def _age(self, app: Flask, session: RestSession) -> int | None:
        """For how many seconds the browser keeps the cookie. Absence: None, for as long as it is open."""
        if not session.permanent or session.stored is None or session.token is None:
            return None
        seconds = app.permanent_session_lifetime.total_seconds()
        age = int(seconds) if seconds < 10 else cookie_age(session.stored["idleTimeout"])
        if app.config["SESSION_REFRESH_EACH_REQUEST"]:
            self._refreshed.pop(session.token, None)
            self._refreshed[session.token] = age
            if len(self._refreshed) > _MOST_REFRESHED:
                self._refreshed.pop(next(iter(self._refreshed)), None)
        return age

    def _refresh(self, app: Flask, token: str, response: Response) -> None:
        """Sets the cookie of a permanent session anew for a page that did not use it. The server is not asked."""
        age = self._refreshed.get(token)
        if age is not None and app.config["SESSION_REFRESH_EACH_REQUEST"]:
            self._set_cookie(app, response, token, age)

    def _set_cookie(self, app: Flask, response: Response, token: str, age: int | None) -> None:
        cookie = self._cookie(app, self.get_cookie_httponly(app))
        response.set_cookie(self.get_cookie_name(app), token, max_age=age, **cookie)
        response.vary.add("Cookie")

    def _cookie(self, app: Flask, httponly: bool | None) -> dict[str, Any]:
        of = {
            "domain": self.get_cookie_domain(app),
            "path": self.get_cookie_path(app),
            "secure": self.get_cookie_secure(app),
            "samesite": self.get_cookie_samesite(app) or "Lax",
            "httponly": self.get_cookie_httponly(app) if httponly is None else httponly,
        }
        # Flask has it since 3.1.
        return {**of, "partitioned": True} if app.config.get("SESSION_COOKIE_PARTITIONED") else of

    def _save(self, app: Flask, session: RestSession) -> None:
        to_set, to_unset = session.changed()
        if not to_set and not to_unset:
            return
        if session.token is None:
            with naming(_LIFETIME):
                self._create(session, self._lasting(app, session))
            return
        if not session._values:
            self.end(session)
            return
        with naming(_LIFETIME):
            part = session.write(to_set, to_unset, self._lasting(app, session))
            stored = patch(self.client, session.token, part)
        self._touches.note(session.token, stored["idleTimeout"])
        session.saved(session.token, stored)

    def _lasting(self, app: Flask, session: RestSession) -> dict[str, Any]:
        """A permanent session lasts as Flask says, the others as the policy of the app does."""
        return lasting(app.permanent_session_lifetime.total_seconds(), session.stored) if session.permanent else {}

    def _create(self, session: RestSession, more: dict[str, Any]) -> None:
        request = session._request
        device = device_of(request.remote_addr, request.headers.get("User-Agent"))
        made = self.client.create(data=session.packed(), **device, **more)
        self._touches.note(made["token"], made["session"]["idleTimeout"])
        session.saved(made["token"], made["session"])

    def read_into(self, session: RestSession, token: str) -> None:
        touch = self._touches.is_due(token)
        stored = self.client.find(token, touch=touch)
        if stored is None:
            session.was_ended = True
            return
        if touch:
            self._touches.note(token, stored["idleTimeout"])
        session.take(token, stored)

    def rotate(self, session: RestSession, subject: str) -> None:
        if session.token is None:
            self._create(session, {"subject": subject})
        else:
            with telling_ends():
                made = self.client.rotate(session.token, subject=subject)
            self._touches.forget(session.token)
            # A page that runs meanwhile must not set the old token again.
            self._refreshed.pop(session.token, None)
            session.rotated(made["token"], made["session"])
        # The browser does not have this token yet.
        session.was_ended = True

    def end(self, session: RestSession) -> None:
        if session.token is not None:
            self._touches.forget(session.token)
            self._refreshed.pop(session.token, None)
            self.client.revoke(session.token)
        session.forget()
        session.was_ended = True


__all__ = ["RestSession", "RestSessionInterface", "SessionNotFoundError"]
