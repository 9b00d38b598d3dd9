"""The session of one page, for frameworks whose sessions are a mapping: what was read, and what has to be written.

It makes no requests itself, because some frameworks wait and some await.
"""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from datetime import datetime, timezone
from typing import Any

from ._delta import Texts, changes, shared_of, texts_of
from ._own import OwnPart, rotated
from .errors import SessionError, SessionNotFoundError, is_ended


class PageSession(MutableMapping[str, Any]):
    """What an application has as its session. `private_key`: under which names that begin with `_` are kept."""

    def __init__(self, private_key: str) -> None:
        self._private_key = private_key
        self._values: dict[str, Any] = {}
        self._baseline: Texts = {}
        #: The token that opened it. Absence: None for a session that the server does not have yet.
        self.token: str | None = None
        #: The session as it was last read or saved. Absence: None.
        self.stored: dict[str, Any] | None = None

    def _load(self) -> None:
        """Reads the session where that was put off until somebody asks."""

    @property
    def subject(self) -> str | None:
        """Whose session it is. Absence: None before the login."""
        self._load()
        return self.stored["subject"] if self.stored else None

    def take(self, token: str, session: dict[str, Any]) -> None:
        """Becomes the session that the server gave."""
        self.token = token
        self.stored = session
        private = session["data"].get(self._private_key)
        opened = {**shared_of(session["data"]), **(self._unpacked(private) if isinstance(private, dict) else {})}
        self._values = opened
        self._baseline = texts_of(self._packed())

    def saved(self, token: str, session: dict[str, Any]) -> None:
        """Notes that the server has what the page has."""
        self.token = token
        self.stored = session
        self._baseline = texts_of(self._packed())

    def rotated(self, token: str, session: dict[str, Any]) -> None:
        """Goes on under a new token. What has changed is still to be written."""
        self.token = token
        self.stored = rotated(self._private_key, self._baseline, session)

    def forget(self) -> None:
        """Is a new session from now on, without anything."""
        self.token, self.stored, self._values, self._baseline = None, None, {}, {}

    def packed(self) -> dict[str, Any]:
        """What a new session begins with."""
        return self._packed()

    def changed(self) -> tuple[dict[str, Any], list[str]]:
        """What is to be set and unset."""
        return changes(self._baseline, texts_of(self._packed()))

    def write(self, to_set: dict[str, Any], to_unset: list[str], more: dict[str, Any]) -> OwnPart:
        """What is to be sent for a change."""
        version = self.stored["version"] if self.stored else None
        return OwnPart(self._private_key, self._baseline, to_set, to_unset, more, version)

    def _packed(self) -> dict[str, Any]:
        private = {key: value for key, value in self._values.items() if key.startswith("_")}
        shared = {key: value for key, value in self._values.items() if not key.startswith("_")}
        return {**shared, **({self._private_key: private} if private else {})}

    def _unpacked(self, private: dict[str, Any]) -> dict[str, Any]:
        return private

    def __getitem__(self, key: str) -> Any:
        self._load()
        return self._values[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self._load()
        if not isinstance(key, str):
            raise TypeError(f"a key of a session must be text, not {type(key).__name__}")
        self._values[key] = value

    def __delitem__(self, key: str) -> None:
        self._load()
        del self._values[key]

    def __iter__(self) -> Iterator[str]:
        self._load()
        return iter(self._values)

    def __len__(self) -> int:
        self._load()
        return len(self._values)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {len(self._values)} keys>"


@contextmanager
def telling_ends() -> Iterator[None]:
    """A page whose session cannot take a new token, because another page was faster, is told that it has ended."""
    try:
        yield
    except SessionError as error:
        if isinstance(error, SessionNotFoundError) or not is_ended(error):
            raise
        raise SessionNotFoundError(error.status) from error


def device_of(ip: str | None, user_agent: str | None) -> dict[str, str]:
    """What is known of the device that a new session is for. A browser may call itself anything, at any length."""
    device = {"ip": ip, "userAgent": (user_agent or "")[:2048]}
    return {name: value for name, value in device.items() if value}


def cookie_age(idle_timeout: float | None) -> int:
    """For how long a browser keeps a cookie that outlives it. For a session without end: the longest that browsers take."""
    return 34_560_000 if idle_timeout is None else int(idle_timeout)


#: In seconds. A server takes no shorter idle timeout where its policy says nothing of it.
SHORTEST_IDLE = 10


def lasting(seconds: float, stored: dict[str, Any] | None) -> dict[str, float]:
    """The timeout to send of a session that lasts so long without activity. Absence: empty, where it is stored already.

    One that is too short for an idle timeout is told as an absolute one, which every write moves on.
    `stored`: the session as it was last read or saved; None for a new one.
    """
    if not 0 < seconds < SHORTEST_IDLE:
        return {} if stored is not None and stored["idleTimeout"] == seconds else {"idleTimeout": max(0, seconds)}
    if stored is None:
        return {"absoluteTimeout": seconds}
    began = datetime.fromisoformat((stored["authenticatedAt"] or stored["createdAt"]).replace("Z", "+00:00"))
    return {"absoluteTimeout": (datetime.now(timezone.utc) - began).total_seconds() + seconds}


@contextmanager
def naming(setting: str) -> Iterator[None]:
    """Names the setting of the framework that a timeout comes from which the server refuses."""
    try:
        yield
    except SessionError as error:
        if not any(fault.get("pointer") in ("/idleTimeout", "/absoluteTimeout") for fault in error.faults):
            raise
        message = f"{error}; here it is {setting}, which the policy of the app does not allow"
        raise SessionError(error.code, message, status=error.status, faults=error.faults) from error
