"""Django's sessions on a REST-Sessions server.

    SESSION_ENGINE = "rest_sessions.django"
    REST_SESSIONS = {"url": "http://127.0.0.1:3000", "app": "shop"}

`request.session["cart"]` is `data.cart` for every other stack. What Django keeps for itself (names that begin with `_`:
the user, messages, the expiry) is under `_django`. The session belongs to the user who logs in, so that their sessions can
be listed and ended. Without `django.contrib.auth` the option `subject` tells whose it is: a function of the session's values,
or the dotted path of one; None before the login.

With a SESSION_SERIALIZER that is not Django's JSON the session is one opaque value.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.sessions.backends.base import CreateError, SessionBase, UpdateError
from django.contrib.sessions.exceptions import SessionInterrupted
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.utils.dateparse import parse_datetime
from django.utils.module_loading import import_string

from ._client import Client
from ._delta import Texts, TouchTimes, changes, shared_of, texts_of
from ._own import OwnPart, patch, rotated
from ._page import SHORTEST_IDLE, lasting, naming
from ._protocol import is_token
from .errors import SessionError, SessionNotFoundError, is_ended

_PRIVATE = "_django"
_JSON = "django.contrib.sessions.serializers.JSONSerializer"
_AGE = "SESSION_COOKIE_AGE or set_expiry() of Django"
_OPTIONS = {"url", "app", "key", "timeout", "touch_interval", "subject", "ssl_context"}


class _Parts(NamedTuple):
    client: Client
    touches: TouchTimes
    subject: Callable[[Mapping[str, Any]], str | None]


@lru_cache(maxsize=1)
def _parts() -> _Parts:
    options = getattr(settings, "REST_SESSIONS", None)
    if not isinstance(options, dict) or not {"url", "app"} <= options.keys() <= _OPTIONS:
        raise ImproperlyConfigured(f"REST_SESSIONS must be a dict with url and app, and may have {sorted(_OPTIONS)}")
    given = dict(options)
    touches = TouchTimes(given.pop("touch_interval", 30.0))
    subject = given.pop("subject", _authenticated)
    if isinstance(subject, str):
        subject = import_string(subject)
    if not callable(subject):
        raise ImproperlyConfigured(
            "REST_SESSIONS['subject'] must be a function of the session's values, or the dotted path of one"
        )
    return _Parts(Client(given.pop("url"), given.pop("app"), given.pop("key", None), **given), touches, subject)


def _authenticated(values: Mapping[str, Any]) -> str | None:
    """Whom django.contrib.auth has logged in. Absence: None."""
    user = values.get("_auth_user_id")
    return str(user) if user else None


def _forget(*, setting: str, **_more: Any) -> None:
    if setting == "REST_SESSIONS":
        _parts.cache_clear()


setting_changed.connect(_forget)


class SessionEndedError(UpdateError, SessionInterrupted):
    """A page gave a new key to a session of a user that was ended meanwhile. As SessionInterrupted it is answered 400."""


class SessionStore(SessionBase):
    """One session of one request."""

    #: What was last read or written. Absence: None while nothing was.
    _baseline: Texts | None = None
    _subject: str | None = None
    #: The session as it was last read or saved. Absence: None while nothing was.
    _stored: dict[str, Any] | None = None
    #: What `set_expiry` has set, as the server has it: seconds, or an instant. Absence: None, for that of the settings.
    _expiry: float | str | None = None

    @property
    def client(self) -> Client:
        return _parts().client

    # Django's own accepts any text of 8 characters; what can be no token costs no request.
    def _validate_session_key(self, key: str | None) -> bool:
        return is_token(key) and len(key or "") >= 8

    def load(self) -> dict[str, Any]:
        client, touches, _ = _parts()
        key = self.session_key
        if key is None:
            return {}
        touch = touches.is_due(key)
        session = client.find(key, touch=touch)
        if session is None:
            self._session_key = None
            return {}
        if touch:
            touches.note(key, session["idleTimeout"])
        data = self._opened(session)
        expiry = self._expiry = data.get("_session_expiry")
        # The server slides what Django has fixed to an instant.
        if isinstance(expiry, str) and (ends := parse_datetime(expiry)) is not None and ends <= timezone.now():
            self.delete(key)
            self._session_key = None
            self._baseline = None
            return {}
        return data

    def exists(self, session_key: str | None) -> bool:
        return is_token(session_key) and self.client.find(session_key or "") is not None

    def create(self) -> None:
        while True:
            self._session_key = self._get_new_session_key()
            try:
                self.save(must_create=True)
            except CreateError:
                continue
            self.modified = True
            return

    # To ask whether it is taken would cost a request, and the create itself says so.
    def _get_new_session_key(self) -> str:
        return get_random_string(32, "abcdefghijklmnopqrstuvwxyz0123456789")

    def save(self, must_create: bool = False) -> None:
        if self.session_key is None:
            self.create()
            return
        data: dict[str, Any] = self._get_session(no_load=must_create)  # type: ignore[attr-defined]
        if must_create:
            self._begin(self.session_key, data)
        else:
            self._update(self.session_key, data)

    def delete(self, session_key: str | None = None) -> None:
        key = self.session_key if session_key is None else session_key
        if key is not None and is_token(key):
            client, touches, _ = _parts()
            touches.forget(key)
            client.revoke(key)

    def cycle_key(self) -> None:
        """A new token for the same session, for example at a login. The old one opens nothing any more."""
        data = self._get_session()  # type: ignore[attr-defined]
        key = self.session_key
        if key is None or self._baseline is None:
            self.create()
            self._session_cache = data
            return
        new = self._get_new_session_key()
        client, touches, _ = _parts()
        try:
            session = client.rotate(key, new_token=new, grace=0)["session"]
        except SessionError as error:
            if not is_ended(error):
                raise
            # It has ended meanwhile. What a user had must not come back; a guest begins anew, as in Django's own stores.
            if self._subject is not None:
                raise SessionEndedError("The session was ended before the page gave it a new key.") from error
            self.create()
            self._session_cache = data
            return
        self._stored = rotated(_PRIVATE, self._baseline, session)
        touches.forget(key)
        self._session_key = new
        self.modified = True

    async def acycle_key(self) -> None:
        await sync_to_async(self.cycle_key)()

    @classmethod
    def clear_expired(cls) -> None:
        """The server removes what has expired by itself."""

    @classmethod
    async def aclear_expired(cls) -> None:
        """The server removes what has expired by itself."""

    def _begin(self, key: str, data: dict[str, Any]) -> None:
        client, touches, subject_in = _parts()
        packed = self._packed(data)
        texts = texts_of(packed)
        session: dict[str, Any] = {"data": packed, **lasting(self.get_expiry_age(), None)}
        subject = subject_in(data)
        if subject is not None:
            session["subject"] = subject
        try:
            with naming(_AGE):
                saved = client.put(key, only="new", **session)
        except SessionError as error:
            if error.code in ("version_mismatch", "token_taken"):
                raise CreateError from error
            raise
        touches.note(key, saved["idleTimeout"])
        self._baseline, self._subject, self._stored = texts, subject, saved
        self._expiry = data.get("_session_expiry")

    def _update(self, key: str, data: dict[str, Any]) -> None:
        client, touches, subject_in = _parts()
        texts = texts_of(self._packed(data))
        # A session that was never read is compared with nothing: what it sets is added.
        before = self._baseline if self._baseline is not None else {}
        to_set, to_unset = changes(before, texts)
        more: dict[str, Any] = {}
        age, expiry = self.get_expiry_age(), data.get("_session_expiry")
        # Else it lasts as it does: another stack may have begun it. An instant comes nearer with each write.
        is_instant = isinstance(expiry, str) and _PRIVATE in to_set
        if expiry != self._expiry or is_instant or age < SHORTEST_IDLE:
            more.update(lasting(age, self._stored))
        subject = subject_in(data)
        if subject is not None and subject != self._subject:
            more["subject"] = subject
        if self._baseline is not None and not to_set and not to_unset and not more:
            return
        try:
            is_change = bool(to_set or to_unset or more)
            version = self._stored["version"] if self._stored else None
            part = OwnPart(_PRIVATE, before, to_set, to_unset, more, version)
            with naming(_AGE):
                saved = patch(client, key, part) if is_change else client.touch(key)
        except SessionNotFoundError as error:
            raise UpdateError from error
        touches.note(key, saved["idleTimeout"])
        self._baseline, self._subject, self._stored, self._expiry = texts, saved["subject"], saved, expiry

    def _packed(self, data: dict[str, Any]) -> dict[str, Any]:
        if settings.SESSION_SERIALIZER != _JSON:
            text = b64encode(self.serializer().dumps(data)).decode()
            return {_PRIVATE: {"opaque": text}}
        private = {key: value for key, value in data.items() if not isinstance(key, str) or key.startswith("_")}
        shared = {key: value for key, value in data.items() if key not in private}
        return {**shared, **({_PRIVATE: private} if private else {})}

    def _opened(self, session: dict[str, Any]) -> dict[str, Any]:
        data, private = session["data"], session["data"].get(_PRIVATE)
        self._subject, self._stored = session["subject"], session
        shared = shared_of(data)
        if isinstance(private, dict) and isinstance(private.get("opaque"), str):
            opened: dict[str, Any] = self.serializer().loads(b64decode(private["opaque"]))
            self._baseline = texts_of({_PRIVATE: private})
            return opened
        self._baseline = texts_of({**shared, **({_PRIVATE: private} if isinstance(private, dict) else {})})
        return {**shared, **(private if isinstance(private, dict) else {})}
