"""The v1 API, apart from how bytes travel: which request a call is, and what an answer means."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from time import time
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from .errors import SessionConfigurationError, SessionError, SessionNotFoundError, SessionServerLostError

Data = Mapping[str, Any]
Session = dict[str, Any]

_APP = re.compile(r"[A-Za-z0-9_-]{3,20}\Z")
_TOKEN = re.compile(r"[A-Za-z0-9._~:,-]{1,256}\Z")


def is_token(text: object) -> bool:
    """Tells whether something can be the token of a session. What cannot is none, and the server need not be asked."""
    return isinstance(text, str) and _TOKEN.match(text) is not None


def json_text(value: object, what: str = "the data") -> str:
    """Gives the JSON text of a value. Errors: TypeError that names it, for what JSON has no form for."""
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        # Half of a character (a lone surrogate) is text for Python, and has no form in UTF-8.
        text.encode()
        return text
    except (TypeError, ValueError) as error:
        raise TypeError(f"{what} cannot be sent as JSON: {error}") from error


def _is_anything(_answer: Session) -> bool:
    return True


def _is_session(answer: object) -> bool:
    if not isinstance(answer, dict):
        return False
    return isinstance(answer.get("id"), str) and _is_count(answer.get("version")) and isinstance(answer.get("data"), dict)


def _is_made(answer: Session) -> bool:
    return is_token(answer.get("token")) and _is_session(answer.get("session"))


def _has_count(*names: str) -> Callable[[Session], bool]:
    return lambda answer: all(_is_count(answer.get(name)) for name in names)


def _has_list(name: str) -> Callable[[Session], bool]:
    return lambda answer: isinstance(answer.get(name), list)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _has_verified(tokens: Sequence[str]) -> Callable[[Session], bool]:
    def is_verified(result: object) -> bool:
        if not isinstance(result, dict):
            return False
        return result.get("active") is False or (result.get("active") is True and isinstance(result.get("session"), dict))

    def is_answer(answer: Session) -> bool:
        results = answer.get("results")
        return isinstance(results, list) and len(results) == len(tokens) and all(map(is_verified, results))

    return is_answer


@dataclass(frozen=True)
class Call:
    """One request.

    `repeatable`: it does no harm twice, because it is a read or has an Idempotency-Key. `wait`: for how long the server may
    hold the answer back, in seconds. `is_answer`: tells whether an answer has what is read of it.
    """

    method: str
    path: str
    headers: dict[str, str] = field(default_factory=dict)
    body: object = None
    repeatable: bool = False
    wait: float = 0
    is_answer: Callable[[Session], bool] = _is_anything


class Settings:
    """Where the server is, and who asks. Errors: SessionConfigurationError that says which option is wrong."""

    def __init__(self, url: str, app: str, key: str | None, timeout: float) -> None:
        try:
            parts = urlsplit(url)
            is_good = parts.scheme in ("http", "https") and bool(parts.hostname)
        except (ValueError, AttributeError):
            is_good = False
        if not is_good:
            raise SessionConfigurationError("wrong_url", f"url must be an http or https URL, and is {url!r}")
        if parts.username is not None or parts.query or parts.fragment:
            raise SessionConfigurationError(
                "wrong_url", "url must have no user, query or fragment: an API key is the option key"
            )
        if not isinstance(app, str) or not _APP.match(app):
            raise SessionConfigurationError("wrong_app", f"app must be 3 to 20 letters, digits, _ or -, and is {app!r}")
        if key is not None and not re.match(r"[!-~]+\Z", key):
            raise SessionConfigurationError("wrong_key", "key must be visible ASCII characters without spaces")
        if not timeout > 0:
            raise SessionConfigurationError("wrong_timeout", "timeout must be a number of seconds above 0")
        self.base = url.rstrip("/")
        self.app = app
        self.timeout = timeout
        self.headers = {"Accept": "application/json"}
        if key is not None:
            self.headers["Authorization"] = f"Bearer {key}"

    def path(self, rest: str) -> str:
        return f"/v1/apps/{self.app}{rest}"


class Calls:
    """Makes the calls. Each takes what it is about, and gives the request."""

    def __init__(self, settings: Settings) -> None:
        self._at = settings.path

    def create(self, session: Data) -> Call:
        return Call("POST", self._at("/sessions"), _idempotent(), session, repeatable=True, is_answer=_is_made)

    def get(self, token: str, touch: bool, fields: Sequence[str] | None) -> Call:
        query = {**({"touch": "true"} if touch else {}), **({"fields": ",".join(fields)} if fields else {})}
        # Of a session whose members were chosen there is only what was chosen.
        is_answer = _is_anything if fields else _is_session
        return Call("GET", self._at("/session") + _query(query), _of(token), repeatable=True, is_answer=is_answer)

    def patch(self, token: str, change: Data, if_version: int | None) -> Call:
        condition = {} if if_version is None else {"If-Match": f'"{if_version}"'}
        return Call("PATCH", self._at("/session"), {**_of(token), **condition}, change, is_answer=_is_session)

    def put(self, token: str, session: Data, only: str | None) -> Call:
        headers = {"new": {"If-None-Match": "*"}, "existing": {"If-Match": "*"}, None: {}}
        if only not in headers:
            raise ValueError('only must be "new", "existing" or None')
        return Call("PUT", self._at("/session"), {**_of(token), **headers[only]}, session, is_answer=_is_session)

    def replace_data(self, token: str, data: Data) -> Call:
        return Call("PUT", self._at("/session/data"), _of(token), data, is_answer=_is_session)

    def touch(self, token: str, idle_timeout: float | None) -> Call:
        body = None if idle_timeout is None else {"idleTimeout": idle_timeout}
        return Call("POST", self._at("/session/touch"), _of(token), body, repeatable=True, is_answer=_is_session)

    def rotate(self, token: str, new_token: str | None, rotation: Data) -> Call:
        chosen = {} if new_token is None else {"token": new_token}
        rotation = {**rotation, **chosen}
        headers = {**_of(token), **_idempotent()}
        return Call("POST", self._at("/session/rotate"), headers, rotation, repeatable=True, is_answer=_is_made)

    def revoke(self, token: str, reason: str | None) -> Call:
        at = self._at("/session") + _query(_known(reason=reason))
        return Call("DELETE", at, _of(token), repeatable=True, is_answer=_has_count("revoked"))

    def get_by_id(self, session_id: str) -> Call:
        return Call("GET", self._at(f"/sessions/{quote(session_id, safe='')}"), repeatable=True, is_answer=_is_session)

    def revoke_by_id(self, session_id: str, reason: str | None) -> Call:
        at = self._at(f"/sessions/{quote(session_id, safe='')}")
        return Call("DELETE", at + _query(_known(reason=reason)), repeatable=True, is_answer=_has_count("revoked"))

    def list(self, subject: str | None, active_within: float | None, limit: int | None, cursor: str | None) -> Call:
        at = "/sessions" if subject is None else _subject(subject, "sessions")
        query = _known(activeWithin=active_within, limit=limit, cursor=cursor)
        return Call("GET", self._at(at) + _query(query), repeatable=True, is_answer=_has_list("sessions"))

    def revoke_subject(self, subject: str, except_id: str | None, reason: str | None) -> Call:
        query = _query(_known(**{"except": except_id}, reason=reason))
        at = self._at(_subject(subject, "sessions")) + query
        return Call("DELETE", at, repeatable=True, is_answer=_has_count("revoked"))

    def history(self, subject: str) -> Call:
        return Call("GET", self._at(_subject(subject, "history")), repeatable=True, is_answer=_has_list("history"))

    def erase_history(self, subject: str) -> Call:
        return Call("DELETE", self._at(_subject(subject, "history")), repeatable=True, is_answer=_has_count("erased"))

    def event_page(
        self, after: str | None, limit: int | None, types: Sequence[str] | None, subject: str | None, wait: float | None
    ) -> Call:
        query = _known(after=after, limit=limit, types=_joined(types), subject=subject, wait=wait)
        at = self._at("/events") + _query(query)
        return Call("GET", at, repeatable=True, wait=wait or 0, is_answer=_has_list("events"))

    def listen(self, types: Sequence[str] | None, subject: str | None, after: str | None) -> Call:
        headers = {"Accept": "text/event-stream", **_known(**{"Last-Event-ID": after})}
        query = _known(types=_joined(types), subject=subject)
        return Call("GET", self._at("/events") + _query(query), headers, repeatable=True)

    def verify(self, tokens: Sequence[str]) -> Call:
        body, is_answer = {"tokens": list(tokens)}, _has_verified(tokens)
        return Call("POST", self._at("/sessions:verify"), body=body, repeatable=True, is_answer=is_answer)

    def activity(self, within: float) -> Call:
        at = self._at("/activity") + _query({"within": str(within)})
        return Call("GET", at, repeatable=True, is_answer=_has_count("subjects", "sessions"))


def _of(token: str) -> dict[str, str]:
    if not is_token(token):
        raise SessionNotFoundError(status=None)
    return {"Session-Token": token}


def _idempotent() -> dict[str, str]:
    return {"Idempotency-Key": secrets.token_hex(16)}


def _known(**values: object) -> dict[str, str]:
    return {name: str(value) for name, value in values.items() if value is not None}


def _joined(names: Sequence[str] | None) -> str | None:
    return ",".join(names) if names else None


def _query(values: Mapping[str, str]) -> str:
    return f"?{urlencode(values)}" if values else ""


def _subject(subject: str, what: str) -> str:
    # URLs take these for steps, so the server would not see them.
    if subject in ("", ".", ".."):
        raise ValueError(f"a subject must not be {subject!r}")
    return f"/subjects/{quote(subject, safe='')}/{what}"


def read_answer(settings: Settings, call: Call, status: int, headers: Mapping[str, str], text: bytes) -> Any:
    """Gives what an answer holds. What is none of the server's is never "no such session", on which users are logged out."""
    media = headers.get("content-type", "").split(";")[0].strip().lower()
    if status < 300 and media == "application/json":
        body = _parsed(text)
        if isinstance(body, dict) and call.is_answer(body):
            return body
    if status >= 400 and media == "application/problem+json":
        body = _parsed(text)
        if isinstance(body, dict) and isinstance(body.get("code"), str):
            raise _refused(settings, status, headers, body)
    if status >= 500 or status == 429:
        raise SessionServerLostError(
            "unreachable",
            f"{settings.base} answered {status}, which is not of the session server itself",
            status=status,
            # A proxy that gives up on an answer does not know whether a write was done.
            retryable=call.repeatable or status in (429, 503),
            retry_after=_retry_after(headers),
        )
    raise SessionConfigurationError(
        "not_rest_sessions",
        f"there is no REST-Sessions server at {settings.base}: it answered {status} {media}".rstrip(),
        status=status,
    )


def _refused(settings: Settings, status: int, headers: Mapping[str, str], problem: dict[str, Any]) -> SessionError:
    code, detail = problem["code"], str(problem.get("detail", problem["code"]))
    if code == "session_not_found":
        return SessionNotFoundError()
    wrong = {
        "unauthorized": ("wrong_key", f"{settings.base} does not take the API key"),
        "forbidden": ("wrong_key", f"{settings.base} does not let this API key do that in the app {settings.app}"),
        "app_not_found": ("wrong_app", f"{settings.base} has no app {settings.app}"),
    }.get(code)
    if wrong is not None:
        return SessionConfigurationError(wrong[0], f"{wrong[1]} ({detail})", status=status)
    return SessionError(
        code,
        detail,
        status=status,
        retryable=status == 429 or status >= 500,
        retry_after=_retry_after(headers),
        faults=problem.get("errors", ()),
    )


def _retry_after(headers: Mapping[str, str]) -> int | None:
    """Reads seconds, or as proxies have it an instant."""
    after = headers.get("retry-after", "")
    if after.isdigit():
        return int(after)
    try:
        return max(0, round(parsedate_to_datetime(after).timestamp() - time()))
    except (ValueError, TypeError):
        return None


def _parsed(text: bytes) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
