"""The clients: one that waits, and one to be awaited. Both make the same calls (_protocol)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from ._events import AsyncEventCalls, EventCalls
from ._protocol import Call, Data, Session, is_token
from .errors import SessionNotFoundError


class Client(EventCalls):
    """Calls the v1 API of a server. It keeps its connections, and can be shared by threads.

    `timeout`: for one call, in seconds, however its answer comes. `ssl_context`: whom to trust over HTTPS, and a
    certificate of one's own; else the system's authorities, or SSL_CERT_FILE and SSL_CERT_DIR. Errors of every method:
    SessionError and its classes.
    """

    def create(self, **session: Any) -> Session:
        """Makes a session, with a token of the server: `{"token", "session"}`.

        Takes `subject`, `data`, `ip`, `userAgent`, `label`, `idleTimeout`, `absoluteTimeout`.
        """
        return self._session(self._calls.create(session))

    def get(self, token: str, *, touch: bool = False, fields: Sequence[str] | None = None) -> Session:
        """Reads a session. `touch`: someone is there, so its idle deadline slides. Errors: SessionNotFoundError."""
        return self._session(self._calls.get(token, touch, fields))

    def find(self, token: str, *, touch: bool = False) -> Session | None:
        """The same. Absence: None."""
        try:
            return self.get(token, touch=touch)
        except SessionNotFoundError:
            return None

    def patch(
        self,
        token: str,
        *,
        set: Data | None = None,
        unset: Sequence[str] | None = None,
        if_version: int | None = None,
        **more: Any,
    ) -> Session:
        """Changes top-level keys of the data, and no other. It never creates one. Errors: SessionNotFoundError."""
        return self._session(self._calls.patch(token, change_of(set, unset, more), if_version))

    def put(self, token: str, *, only: str | None = None, **session: Any) -> Session:
        """Creates or replaces the session under a token that the caller chose. `only`: "new" or "existing"."""
        return self._session(self._calls.put(token, session, only))

    def replace_data(self, token: str, data: Data) -> Session:
        return self._session(self._calls.replace_data(token, data))

    def touch(self, token: str, *, idle_timeout: float | None = None) -> Session:
        """Slides the idle deadline. With `idle_timeout`, in seconds, that one holds from now on."""
        return self._session(self._calls.touch(token, idle_timeout))

    def rotate(self, token: str, *, new_token: str | None = None, **rotation: Any) -> Session:
        """Gives a session a new token: `{"token", "session"}`. With a `subject` it is a login.

        `new_token`: one that the caller chose; else the server makes it.
        """
        return self._session(self._calls.rotate(token, new_token, rotation))

    def revoke(self, token: str, *, reason: str | None = None) -> bool:
        """Ends a session. It tells whether there was one.

        `reason`: what its event, its history and the audit log say of it, here and with the other ends. 200 characters at most.
        """
        return is_token(token) and _revoked(self._send(self._calls.revoke(token, reason))) == 1

    def get_by_id(self, session_id: str) -> Session:
        return self._session(self._calls.get_by_id(session_id))

    def revoke_by_id(self, session_id: str, *, reason: str | None = None) -> bool:
        return _revoked(self._send(self._calls.revoke_by_id(session_id, reason))) == 1

    def list(
        self,
        *,
        subject: str | None = None,
        active_within: float | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Session:
        """Gives a page of the sessions of the app, or of a user: `{"sessions", "cursor"}`, None on the last page."""
        return self._session(self._calls.list(subject, active_within, limit, cursor))

    def revoke_subject(self, subject: str, *, except_id: str | None = None, reason: str | None = None) -> int:
        """Ends all sessions of a user, or all but one. It gives how many."""
        return _revoked(self._send(self._calls.revoke_subject(subject, except_id, reason)))

    def verify(self, *tokens: str) -> list_of[Session | None]:
        """Tells for each token whether it opens a session, in order. Asking is no activity."""
        return _verified(self._send(self._calls.verify(tokens)))

    def activity(self, within: float = 600) -> Session:
        """How many were there within so many seconds: `{"subjects", "sessions"}`."""
        return self._session(self._calls.activity(within))

    def _session(self, call: Call) -> Session:
        return cast(Session, self._send(call))


class AsyncClient(AsyncEventCalls):
    """The same, to be awaited. Each event loop has connections of its own, and `aclose` closes those of the loop it runs in."""

    async def create(self, **session: Any) -> Session:
        return await self._session(self._calls.create(session))

    async def get(self, token: str, *, touch: bool = False, fields: Sequence[str] | None = None) -> Session:
        return await self._session(self._calls.get(token, touch, fields))

    async def find(self, token: str, *, touch: bool = False) -> Session | None:
        try:
            return await self.get(token, touch=touch)
        except SessionNotFoundError:
            return None

    async def patch(
        self,
        token: str,
        *,
        set: Data | None = None,
        unset: Sequence[str] | None = None,
        if_version: int | None = None,
        **more: Any,
    ) -> Session:
        return await self._session(self._calls.patch(token, change_of(set, unset, more), if_version))

    async def put(self, token: str, *, only: str | None = None, **session: Any) -> Session:
        return await self._session(self._calls.put(token, session, only))

    async def replace_data(self, token: str, data: Data) -> Session:
        return await self._session(self._calls.replace_data(token, data))

    async def touch(self, token: str, *, idle_timeout: float | None = None) -> Session:
        return await self._session(self._calls.touch(token, idle_timeout))

    async def rotate(self, token: str, *, new_token: str | None = None, **rotation: Any) -> Session:
        return await self._session(self._calls.rotate(token, new_token, rotation))

    async def revoke(self, token: str, *, reason: str | None = None) -> bool:
        return is_token(token) and _revoked(await self._send(self._calls.revoke(token, reason))) == 1

    async def get_by_id(self, session_id: str) -> Session:
        return await self._session(self._calls.get_by_id(session_id))

    async def revoke_by_id(self, session_id: str, *, reason: str | None = None) -> bool:
        return _revoked(await self._send(self._calls.revoke_by_id(session_id, reason))) == 1

    async def list(
        self,
        *,
        subject: str | None = None,
        active_within: float | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Session:
        return await self._session(self._calls.list(subject, active_within, limit, cursor))

    async def revoke_subject(self, subject: str, *, except_id: str | None = None, reason: str | None = None) -> int:
        return _revoked(await self._send(self._calls.revoke_subject(subject, except_id, reason)))

    async def verify(self, *tokens: str) -> list_of[Session | None]:
        return _verified(await self._send(self._calls.verify(tokens)))

    async def activity(self, within: float = 600) -> Session:
        return await self._session(self._calls.activity(within))

    async def _session(self, call: Call) -> Session:
        return cast(Session, await self._send(call))


def change_of(set: Data | None, unset: Sequence[str] | None, more: Mapping[str, Any]) -> dict[str, Any]:
    """Gives the body of a PATCH."""
    return {**({"set": dict(set)} if set else {}), **({"unset": [*unset]} if unset else {}), **more}


def _revoked(answer: Mapping[str, Any]) -> int:
    return int(answer["revoked"])


def _verified(answer: Mapping[str, Any]) -> list_of[Session | None]:
    return [result.get("session") if result["active"] else None for result in answer["results"]]


# `list` is a method of the clients.
list_of = list
