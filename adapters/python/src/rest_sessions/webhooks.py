"""Tells whether a request is a webhook of the server (Standard Webhooks)."""

from __future__ import annotations

import json
import re
from base64 import b64decode, b64encode
from collections.abc import Iterable, Sequence
from hmac import compare_digest, digest
from time import time
from typing import Any, Protocol

from .errors import SessionConfigurationError, SessionWebhookError

_TOLERANCE = 300
_SECRET = re.compile(r"whsec_((?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?)\Z")
_TIMESTAMP = re.compile(r"[0-9]{1,15}\Z")


class Headers(Protocol):
    """The headers of a request, as each framework has them, or a dict."""

    def items(self) -> Iterable[tuple[str, str]]: ...


def verify_webhook(
    secrets: str | Sequence[str], headers: Headers, body: bytes | str, *, now: float | None = None
) -> list[dict[str, Any]]:
    """Gives the events of a webhook, when the server has sent it: one, or those of a batch, in order.

    `secrets`: those that the policy of the app has, more than one while they change. `body`: what came, byte for byte. `now`:
    in seconds since 1970; the clock's. The same event may come more than once; its `id` tells.

    Errors: SessionWebhookError for what is none of the server's, or came too late to be believed (answer it with 400), with the
    code `invalid_headers`, `wrong_timestamp`, `wrong_signature` or `invalid_body`. SessionConfigurationError, with
    `invalid_secret`, for a secret that is none.
    """
    keys = _keys([secrets] if isinstance(secrets, str) else secrets)
    named = {name.lower(): value for name, value in headers.items()}
    sent = [named.get(f"webhook-{name}") or "" for name in ("id", "timestamp", "signature")]
    if "" in sent or not _TIMESTAMP.match(sent[1]):
        raise _wrong("invalid_headers", "webhook-id, webhook-timestamp or webhook-signature is missing or malformed")
    if abs(int(time() if now is None else now) - int(sent[1])) > _TOLERANCE:
        raise _wrong("wrong_timestamp", "it was not sent within the last five minutes")
    content = body.encode() if isinstance(body, str) else bytes(body)
    if not _is_signed(keys, f"{sent[0]}.{sent[1]}.".encode() + content, sent[2]):
        raise _wrong("wrong_signature", "no signature of it is of a secret that is known here")
    return _events(content)


def _keys(secrets: Sequence[str]) -> list[bytes]:
    if not secrets:
        raise SessionConfigurationError("invalid_secret", "without a secret no webhook can be verified")
    found = [_SECRET.match(secret) for secret in secrets]
    keys = [b64decode(secret[1]) for secret in found if secret is not None]
    if len(keys) < len(secrets) or b"" in keys:
        raise SessionConfigurationError("invalid_secret", "a secret of a webhook must be whsec_ and base64")
    return keys


def _is_signed(keys: Sequence[bytes], message: bytes, signatures: str) -> bool:
    right = [b"v1," + b64encode(digest(key, message, "sha256")) for key in keys]
    given = [signature.encode("utf-8", "replace") for signature in signatures.split(" ")]
    return any([compare_digest(one, other) for one in right for other in given])


def _events(content: bytes) -> list[dict[str, Any]]:
    try:
        value = json.loads(content.decode())
    except (ValueError, RecursionError):
        value = None
    events = value if isinstance(value, list) else [value]
    if not all(isinstance(event, dict) for event in events):
        raise _wrong("invalid_body", "its body is neither an event nor a list of events")
    return events


def _wrong(code: str, message: str) -> SessionWebhookError:
    return SessionWebhookError(code, f"this is no webhook of the session server: {message}")
