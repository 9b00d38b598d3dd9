"""Writes a change in which a framework's own part is, the one key under which names that begin with `_` are.

That part is one value of the data. It is written only over the version that the page has read, or else what another page has
written of it meanwhile would be lost. Where another page was faster, the names that this one has changed are put into what
is there by now.
"""

from __future__ import annotations

import json
from typing import Any

from ._client import AsyncClient, Client
from ._delta import Texts, changes, texts_of
from .errors import SessionError

#: How often it is tried when other pages are faster. The last time it asks no more.
_MOST_TRIES = 8


def rotated(key: str, before: Texts, session: dict[str, Any]) -> dict[str, Any]:
    """The session after its rotation, as a page knows it that has read `before`.

    It has a new version, and what another page has written since the read is in it. Where that is of the framework's own part
    the page does not know all that is there, so its next write merges: no session has version 0.
    """
    theirs = texts_of({key: session["data"][key]}) if key in session["data"] else {}
    return session if theirs.get(key) == before.get(key) else {**session, "version": 0}


class OwnPart:
    """One such write. `before`: what the page has read; `version`: of the session then."""

    def __init__(
        self, key: str, before: Texts, to_set: dict[str, Any], to_unset: list[str], more: dict[str, Any], version: int | None
    ) -> None:
        self._key = key
        self._before: dict[str, Any] = json.loads(before.get(key, "{}"))
        self._mine = to_set.get(key, {})
        self._is_changed = key in to_set or key in to_unset
        self._tries = _MOST_TRIES
        self._version = version
        self._to_set = to_set
        self._to_unset = to_unset
        self._more = more

    def request(self) -> dict[str, Any]:
        """What the client's `patch` takes."""
        condition = self._version if self._is_changed and self._tries > 0 else None
        return {"set": self._to_set, "unset": self._to_unset, "if_version": condition, **self._more}

    def is_outrun(self, error: SessionError) -> bool:
        """Tells whether the write was refused because another page was faster."""
        return self._is_changed and self._tries > 0 and self._version is not None and error.code == "version_mismatch"

    def rebase(self, theirs: dict[str, Any]) -> None:
        """Takes the session as it is now."""
        self._tries -= 1
        self._version = theirs["version"]
        there = theirs["data"].get(self._key)
        there = there if isinstance(there, dict) else {}
        changed, removed = changes(texts_of(self._before), texts_of(self._mine))
        merged = {name: value for name, value in {**there, **changed}.items() if name not in removed}
        self._to_set = {name: value for name, value in self._to_set.items() if name != self._key}
        self._to_unset = [name for name in self._to_unset if name != self._key]
        if merged:
            self._to_set[self._key] = merged
        elif there:
            self._to_unset.append(self._key)

    def done(self, saved: dict[str, Any]) -> dict[str, Any]:
        """After a merge the page does not know all that is there, so its next write merges again: no session has version 0."""
        return saved if self._tries == _MOST_TRIES else {**saved, "version": 0}


def patch(client: Client, token: str, part: OwnPart) -> dict[str, Any]:
    """Sends it. Gives the session."""
    while True:
        try:
            return part.done(client.patch(token, **part.request()))
        except SessionError as error:
            if not part.is_outrun(error):
                raise
        part.rebase(client.get(token))


async def apatch(client: AsyncClient, token: str, part: OwnPart) -> dict[str, Any]:
    """Sends it. Gives the session."""
    while True:
        try:
            return part.done(await client.patch(token, **part.request()))
        except SessionError as error:
            if not part.is_outrun(error):
                raise
        part.rebase(await client.get(token))
