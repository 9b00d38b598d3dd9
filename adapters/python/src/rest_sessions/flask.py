"""Flask's sessions on a REST-Sessions server.

    app.session_interface = RestSessionInterface("http://127.0.0.1:3000", "shop")

`session["cart"]` is `data.cart` for every other stack. The server is asked when a page first uses its session, and not for
pages that do not. Names that begin with `_` (flashes, permanence) and values that only Flask knows (dates, tuples, bytes,
UUIDs, Markup) are under `_flask`.
"""

from __future__ import annotations

from typing import Any

from flask import Flask, Request, Response
from flask.json.tag import TaggedJSONSerializer
from flask.sessions import SessionInterface, SessionMixin
from flask.wrappers import Request as FlaskRequest

from ._client import Client
from ._delta import TouchTimes
from ._page import PageSession, cookie_age, device_of
from ._protocol import is_token
from .errors import SessionNotFoundError

_TAGGED = TaggedJSONSerializer()


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
        return self._pending is None and self.changed() != ({}, [])

    @modified.setter
    def modified(self, value: bool) -> None:
        """Changes are found by comparison, also inside of values; there is nothing to be told."""

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
        self, url: str, app: str, key: str | None = None, *, timeout: float = 2.0, touch_interval: float = 30.0
    ) -> None:
        self.client = Client(url, app, key, timeout=timeout)
        self._touches = TouchTimes(touch_interval)

    def open_session(self, app: Flask, request: Request) -> RestSession:
        token = request.cookies.get(self.get_cookie_name(app))
        return self.session_class(self, request, token if is_token(token) else None)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        if not isinstance(session, RestSession):
            return
        if session.accessed:
            response.vary.add("Cookie")
        if session._pending is not None:
            return
        had = session.token
        self._save(app, session)
        if session.token is None:
            if session.was_ended:
                response.delete_cookie(self.get_cookie_name(app), **self._cookie(app, None))
                response.vary.add("Cookie")
        elif session.token != had or session.was_ended or (session.permanent and self.should_set_cookie(app, session)):
            lasts = session.stored["idleTimeout"] if session.permanent and session.stored else None
            age = cookie_age(lasts) if session.permanent else None
            response.set_cookie(
                self.get_cookie_name(app),
                session.token,
                max_age=age,
                **self._cookie(app, self.get_cookie_httponly(app)),
            )
            response.vary.add("Cookie")

    def _cookie(self, app: Flask, httponly: bool | None) -> dict[str, Any]:
        return {
            "domain": self.get_cookie_domain(app),
            "path": self.get_cookie_path(app),
            "secure": self.get_cookie_secure(app),
            "samesite": self.get_cookie_samesite(app) or "Lax",
            "httponly": self.get_cookie_httponly(app) if httponly is None else httponly,
        }

    def _save(self, app: Flask, session: RestSession) -> None:
        to_set, to_unset = session.changed()
        if not to_set and not to_unset:
            return
        if session.token is None:
            self._create(session, {})
            return
        if not session._values:
            self.end(session)
            return
        stored = self.client.patch(session.token, set=to_set, unset=to_unset, **self._lasting(app, session))
        self._touches.note(session.token, stored["idleTimeout"])
        session.saved(session.token, stored)

    def _lasting(self, app: Flask, session: RestSession) -> dict[str, Any]:
        """A permanent session lasts as Flask says, the others as the policy of the app does."""
        if not session.permanent or session.stored is None:
            return {}
        seconds = app.permanent_session_lifetime.total_seconds()
        return {} if session.stored["idleTimeout"] == seconds else {"idleTimeout": seconds}

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
            made = self.client.rotate(session.token, subject=subject)
            self._touches.forget(session.token)
            session.token, session.stored = made["token"], made["session"]
        # The browser does not have this token yet.
        session.was_ended = True

    def end(self, session: RestSession) -> None:
        if session.token is not None:
            self._touches.forget(session.token)
            self.client.revoke(session.token)
        session.forget()
        session.was_ended = True


__all__ = ["RestSession", "RestSessionInterface", "SessionNotFoundError"]
