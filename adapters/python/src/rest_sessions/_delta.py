"""What session layers send: the top-level keys that changed since the session was read, and nothing else.

Then two requests that change different keys at the same time both keep what they wrote, whatever stacks they run on.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Mapping
from threading import Lock
from time import monotonic
from typing import Any

from ._protocol import json_text

Texts = dict[str, str]

#: Tokens that are remembered at most. One that is forgotten is touched once more, which does no harm.
_MOST = 10_000


def texts_of(data: Mapping[str, Any]) -> Texts:
    """Takes a picture of data: the JSON text of each key. Errors: TypeError that names the key."""
    return {key: json_text(value, key) for key, value in data.items()}


def changes(before: Texts, after: Texts) -> tuple[dict[str, Any], list[str]]:
    """Gives what leads from one picture to the other: what is set, and what is unset."""
    changed = {key: json.loads(text) for key, text in after.items() if before.get(key) != text}
    return changed, [key for key in before if key not in after]


def shared_of(data: Mapping[str, Any]) -> dict[str, Any]:
    """Leaves out what frameworks keep for themselves: names that begin with `_`."""
    return {key: value for key, value in data.items() if not key.startswith("_")}


class TouchTimes:
    """Knows when each session was last touched by this process: once in a while is enough to slide its deadline."""

    def __init__(self, interval: float = 30.0) -> None:
        if not interval >= 0:
            raise ValueError("the touch interval must be a number of seconds from 0 on")
        self._interval = interval
        self._due: OrderedDict[str, float] = OrderedDict()
        self._lock = Lock()

    def is_due(self, token: str) -> bool:
        due = self._due.get(token)
        return due is None or monotonic() >= due

    def note(self, token: str, idle_timeout: float | None) -> None:
        """`idle_timeout`: in seconds. A session that ends sooner than the interval is touched twice in it."""
        enough = self._interval if idle_timeout is None else min(self._interval, idle_timeout / 2)
        with self._lock:
            self._due.pop(token, None)
            self._due[token] = monotonic() + enough
            if len(self._due) > _MOST:
                self._due.popitem(last=False)

    def forget(self, token: str) -> None:
        with self._lock:
            self._due.pop(token, None)
