"""How calls travel, and what is common to both clients: one that waits, and one to be awaited."""

from __future__ import annotations

import os
import ssl
from asyncio import AbstractEventLoop, get_running_loop
from contextlib import aclosing, closing
from types import TracebackType
from typing import TYPE_CHECKING, Any

import httpx

from ._network import AsyncTransport, Deadline, Transport
from ._protocol import Call, Calls, Settings, json_text, read_answer
from .errors import SessionError, SessionServerLostError, SessionTimeoutError

if TYPE_CHECKING:
    from typing_extensions import Self

_CONNECT_TIMEOUT = 1.0

_Pools = dict[AbstractEventLoop | None, AsyncTransport]


def _running_loop() -> AbstractEventLoop | None:
    """The event loop that runs here. Absence: None for one that is not asyncio's."""
    try:
        return get_running_loop()
    except RuntimeError:
        return None


class _Base:
    def __init__(
        self,
        url: str,
        app: str,
        key: str | None = None,
        *,
        timeout: float = 2.0,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self._settings = Settings(url, app, key, timeout)
        self._calls = Calls(self._settings)
        if ssl_context is not None and not isinstance(ssl_context, ssl.SSLContext):
            raise TypeError(f"ssl_context must be an ssl.SSLContext, not {type(ssl_context).__name__}")
        # The authorities that the system trusts, or SSL_CERT_FILE and SSL_CERT_DIR: a server inside has often a private one.
        is_default = ssl_context is None and self._settings.base.lower().startswith("https:")
        self._ssl_context = ssl.create_default_context() if is_default else ssl_context
        self._begin()

    def _begin(self) -> None:
        """Makes what holds the connections."""
        raise NotImplementedError

    def _deadline(self, call: Call) -> Deadline:
        return Deadline(self._settings.timeout + call.wait)

    def _request(self, call: Call, timeout: float) -> httpx.Request:
        """`timeout`: the deadline of the call, or how long each step of it may take, in seconds."""
        settings = self._settings
        headers = {**settings.headers, **call.headers}
        content = None
        if call.body is not None:
            content = json_text(call.body).encode()
            headers["Content-Type"] = "application/json"
        pool, connect = timeout, min(settings.timeout, _CONNECT_TIMEOUT)
        if isinstance(timeout, Deadline):
            pool, connect = timeout.left(), timeout.step(connect)
        more = {"timeout": {"connect": connect, "pool": pool, "read": timeout, "write": timeout}}
        return httpx.Request(call.method, settings.base + call.path, headers=headers, content=content, extensions=more)

    def _lost(self, call: Call, error: httpx.HTTPError) -> SessionError:
        settings = self._settings
        if isinstance(error, httpx.TimeoutException) and not isinstance(error, httpx.ConnectTimeout):
            message = f"{settings.base} did not answer within {settings.timeout + call.wait} s"
            return SessionTimeoutError("timeout", message, retryable=call.repeatable)
        message = f"{settings.base} cannot be reached: {error or type(error).__name__}"
        return SessionServerLostError("unreachable", message, retryable=call.repeatable)

    def _read(self, call: Call, response: httpx.Response) -> Any:
        return read_answer(self._settings, call, response.status_code, response.headers, response.content)


def _may_repeat(call: Call, failure: SessionError, attempt: int) -> bool:
    """Once, on another connection: the server may have closed this one, for example because it was restarted."""
    return attempt == 1 and call.repeatable and isinstance(failure, SessionServerLostError)


class Connected(_Base):
    """Has a pool of connections.

    It belongs to the process that made it. A server that forks its workers after the application was used (gunicorn --preload,
    uWSGI, Celery) gives each of them the same open connections, on which one would read what another one asked for: the session
    of another visitor. So a process that did not make the pool makes one of its own. The inherited one is left to the garbage
    collector, which closes no more than the descriptors; close() could say goodbye to the server in the name of the parent.
    """

    def _begin(self) -> None:
        #: The pool, and the process that made it: one value, so that no thread sees the one without the other.
        self._owned = (os.getpid(), Transport(self._ssl_context))

    def _http(self) -> Transport:
        owner, http = self._owned
        if owner != os.getpid():
            http = Transport(self._ssl_context)
            self._owned = (os.getpid(), http)
        return http

    def close(self) -> None:
        self._http().close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _send(self, call: Call) -> Any:
        deadline = self._deadline(call)
        for attempt in (1, 2):
            try:
                with closing(self._http().handle_request(self._request(call, deadline))) as response:
                    response.read()
            except httpx.HTTPError as error:
                failure = self._lost(call, error)
                if _may_repeat(call, failure, attempt):
                    continue
                raise failure from error
            return self._read(call, response)
        raise AssertionError("unreachable")


class AsyncConnected(_Base):
    """The same, to be awaited. An event loop has a pool of its own as well, because connections belong to the loop."""

    def _begin(self) -> None:
        self._owned: tuple[int, _Pools] = (os.getpid(), {})

    def _pools(self) -> _Pools:
        owner, pools = self._owned
        if owner != os.getpid():
            pools = {}
            self._owned = (os.getpid(), pools)
        return pools

    def _http(self) -> AsyncTransport:
        pools, loop = self._pools(), _running_loop()
        http = pools.get(loop)
        if http is None:
            # What belongs to a loop that is closed can neither be used nor closed in order.
            for other in [each for each in list(pools) if each is not None and each.is_closed()]:
                pools.pop(other, None)
            http = pools[loop] = AsyncTransport(self._ssl_context)
        return http

    async def aclose(self) -> None:
        http = self._pools().pop(_running_loop(), None)
        if http is not None:
            await http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def _send(self, call: Call) -> Any:
        deadline = self._deadline(call)
        for attempt in (1, 2):
            try:
                async with aclosing(await self._http().handle_async_request(self._request(call, deadline))) as response:
                    await response.aread()
            except httpx.HTTPError as error:
                failure = self._lost(call, error)
                if _may_repeat(call, failure, attempt):
                    continue
                raise failure from error
            return self._read(call, response)
        raise AssertionError("unreachable")
