"""Takes a text/event-stream apart, piece by piece as its bytes come."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

#: How many bytes one event may have. No event of the server comes near.
LONGEST = 1 << 20


class TooLongError(Exception):
    """An event does not end."""


@dataclass
class Frame:
    """What stands between two empty lines. `data`: None where there was no line of it."""

    name: str = ""
    position: str = ""
    data: str | None = None


class Frames:
    """Reads one stream. What is not ended by an empty line is never given."""

    def __init__(self) -> None:
        #: What the stream said last of when to come back, in seconds. Absence: None.
        self.retry: float | None = None
        self._frame = Frame()
        self._data: list[bytes] = []
        self._line: list[bytes] = []
        self._size = 0
        self._is_first = True
        self._after_cr = False

    def feed(self, piece: bytes) -> Iterator[Frame]:
        """Gives the frames that end in a piece, if they have data or a position. Errors: TooLongError."""
        if not piece:
            return
        if self._after_cr and piece.startswith(b"\n"):
            piece = piece[1:]
        self._after_cr = piece.endswith(b"\r")
        for part in piece.splitlines(keepends=True):
            self._size += len(part)
            if self._size > LONGEST:
                raise TooLongError
            self._line.append(part)
            if not part.endswith((b"\n", b"\r")):
                continue
            line = b"".join(self._line).rstrip(b"\r\n")
            self._line.clear()
            if self._is_first:
                self._is_first = False
                line = line.removeprefix(b"\xef\xbb\xbf")
            if line:
                self._take(line)
            elif (frame := self._ended()) is not None:
                yield frame

    def _take(self, line: bytes) -> None:
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if field == b"data":
            self._data.append(value)
        elif field == b"id" and b"\0" not in value:
            self._frame.position = value.decode("utf-8", "replace")
        elif field == b"event":
            self._frame.name = value.decode("utf-8", "replace")
        elif field == b"retry" and value.isdigit() and int(value[:9]) > 0:
            self.retry = int(value[:9]) / 1000

    def _ended(self) -> Frame | None:
        frame, self._frame = self._frame, Frame()
        if self._data:
            frame.data = b"\n".join(self._data).decode("utf-8", "replace")
        self._data.clear()
        self._size = 0
        return frame if frame.position or frame.data is not None else None
