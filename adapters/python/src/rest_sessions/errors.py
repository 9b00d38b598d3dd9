"""What a call fails with.

A caller asks three things of an error: is the session gone (`SessionNotFoundError`, the only one on which a cookie is
cleared), may the call be tried again (`retryable`), and which fault is it (`code`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class SessionError(Exception):
    """A call that did not do what it was asked. Its text holds no token and no key."""

    def __init__(
        self,
        code: str,
        message: str,
        *,
        status: int | None = None,
        retryable: bool = False,
        retry_after: int | None = None,
        faults: Sequence[dict[str, Any]] = (),
    ) -> None:
        super().__init__(message)
        #: One of docs/errors.md of the server, or one of those of the classes below.
        self.code = code
        #: Of the answer. Absence: None when there was none.
        self.status = status
        #: Whether the same call may succeed later, and does no harm if the first one did its work after all.
        self.retryable = retryable
        #: When to try again. Units: seconds. Absence: None when the server did not say.
        self.retry_after = retry_after
        #: Each value that was wrong, with its `rule` and `message`, and its `pointer` or `parameter`.
        self.faults = tuple(faults)


class SessionNotFoundError(SessionError):
    """There is no such session: it never was, has expired, or was ended.

    `status` is None when the server was not asked, because what was given can be no token.
    """

    def __init__(self, status: int | None = 404) -> None:
        super().__init__("session_not_found", "there is no such session", status=status)


def is_ended(error: SessionError) -> bool:
    """Tells whether a page has lost its session: it has ended, or another page was faster to give it a new token."""
    return isinstance(error, SessionNotFoundError) or error.code == "token_replaced"


class SessionTimeoutError(SessionError):
    """The server did not answer in time. A write may have been done. Code: `timeout`."""


class SessionServerLostError(SessionError):
    """No connection to the server, or one that broke. A write may have been done. Code: `unreachable`."""


class SessionConfigurationError(SessionError):
    """The client is set up wrongly.

    Codes: `wrong_url`, `wrong_key`, `wrong_app`, `wrong_timeout`, `not_rest_sessions`; of `verify_webhook` `invalid_secret`.
    """


class SessionWebhookError(SessionError):
    """A request is no webhook of the server: `invalid_headers`, `wrong_timestamp`, `wrong_signature`, `invalid_body`."""
