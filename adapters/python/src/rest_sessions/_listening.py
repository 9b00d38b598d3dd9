"""What a listener to events knows from one connection to the next, apart from how bytes travel."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ._frames import Frame, Frames, TooLongError
from ._protocol import Call, Calls, Settings, read_answer
from .errors import SessionConfigurationError, SessionError, SessionServerLostError

Event = dict[str, Any]

#: Units: seconds. The server sends something each 15.
SILENCE = 45.0
_FIRST_WAIT = 1.0
_LONGEST_WAIT = 30.0


@dataclass(frozen=True)
class Heard:
    """What a listener hears: an event, or that events are missing."""

    #: A CloudEvent. Absence: None when events were lost, because the server does not keep them any more or the listener was too
    #: slow. Whoever keeps something by events begins anew.
    event: Event | None
    #: Where to begin (`after`), so that what comes behind this is heard. Absence: None when the server gave none yet.
    position: str | None


class Listener:
    """Says what to ask, reads what comes, and says how long to wait before it is asked again."""

    def __init__(
        self, settings: Settings, calls: Calls, after: str | None, types: Sequence[str] | None, subject: str | None
    ) -> None:
        if after is not None and not re.match(r"[!-~]+\Z", after):
            raise SessionError("invalid_cursor", f"after must be a position of the server, and is {after!r}")
        self._settings = settings
        self._calls = calls
        self._choice = (types, subject)
        self._position = after
        self._first_wait = _FIRST_WAIT
        self._failures = 0
        self._frames = Frames()

    def call(self) -> Call:
        self._frames = Frames()
        return self._calls.listen(*self._choice, self._position)

    def take(self, piece: bytes) -> Iterator[Heard]:
        """Gives what a piece of the stream tells."""
        try:
            for frame in self._frames.feed(piece):
                self._failures = 0
                if frame.position:
                    self._position = frame.position
                if frame.data is not None and (heard := self._heard(frame, frame.data)) is not None:
                    yield heard
        except TooLongError:
            raise self._wrong("it sent an event of more than 1 MiB") from None

    def is_stream(self, status: int, headers: Mapping[str, str]) -> bool:
        return status == 200 and headers.get("content-type", "").split(";")[0].strip().lower() == "text/event-stream"

    def refused(self, call: Call, status: int, headers: Mapping[str, str], text: bytes) -> SessionError:
        """Gives the error that an answer is which is no stream."""
        try:
            read_answer(self._settings, call, status, headers, text)
        except SessionError as error:
            return error
        return self._wrong(f"it answered {status} with no stream of events")

    def lost(self, why: object) -> SessionError:
        message = f"the stream of events from {self._settings.base} was lost: {why}"
        return SessionServerLostError("unreachable", message, retryable=True)

    def wait(self, failure: SessionError) -> float:
        """Gives how long to wait, in seconds. Raises what does not go away by waiting."""
        if not failure.retryable and failure.status != 408:
            raise failure
        # All that a stream said of it holds until another one says something else.
        self._first_wait = self._frames.retry or self._first_wait
        longest = min(self._first_wait * 2 ** min(self._failures, 10), _LONGEST_WAIT)
        self._failures += 1
        # Not all listeners come back at once.
        return max(random.uniform(longest / 2, longest), failure.retry_after or 0)

    def _heard(self, frame: Frame, data: str) -> Heard | None:
        if frame.name in ("", "message"):
            return Heard(self._object(data), self._position)
        if frame.name == "resync":
            position = self._object(data).get("position")
            if isinstance(position, str) and position:
                self._position = position
            return Heard(None, self._position)
        return None

    def _object(self, data: str) -> Event:
        value = json_object(data)
        if value is None:
            raise self._wrong("it sent an event that is none")
        return value

    def _wrong(self, what: str) -> SessionError:
        message = f"there is no REST-Sessions server at {self._settings.base}: {what}"
        return SessionConfigurationError("not_rest_sessions", message)


def json_object(text: str) -> Event | None:
    """Reads a JSON object. Absence: None when the text is something else."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
