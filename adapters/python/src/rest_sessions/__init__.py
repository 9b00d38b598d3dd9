"""Login sessions that every stack shares: the client of the REST-Sessions server.

`rest_sessions.django`, `rest_sessions.flask` and `rest_sessions.starlette` are the session layers of these frameworks.
"""

from ._client import AsyncClient, Client
from ._listening import Heard
from ._protocol import is_token
from .errors import (
    SessionConfigurationError,
    SessionError,
    SessionNotFoundError,
    SessionServerLostError,
    SessionTimeoutError,
    SessionWebhookError,
)
from .webhooks import verify_webhook

__all__ = [
    "AsyncClient",
    "Client",
    "Heard",
    "SessionConfigurationError",
    "SessionError",
    "SessionNotFoundError",
    "SessionServerLostError",
    "SessionTimeoutError",
    "SessionWebhookError",
    "is_token",
    "verify_webhook",
]
