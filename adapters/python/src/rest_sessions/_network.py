"""The pools of connections: those of httpx, over a network that keeps one deadline for a whole call.

httpx begins to wait anew with each read, so an answer that comes in drops would hold a page for as long as the server likes.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterable
from time import monotonic
from typing import TYPE_CHECKING, Any

import httpcore
import httpx

if TYPE_CHECKING:
    from typing_extensions import Self

#: As httpcore has them.
_Options = Iterable[Any] | None


class Deadline(float):
    """When a call must be over. As a number: how many seconds that was from the beginning on.

    httpcore hands it to each step of the call as the time-out of that step.
    """

    _ends: float
    _longest: float

    def __new__(cls, seconds: float) -> Self:
        self = super().__new__(cls, seconds)
        self._ends, self._longest = monotonic() + seconds, seconds
        return self

    def step(self, longest: float) -> Deadline:
        """The same, for a step that must not take longer than so many seconds by itself."""
        step = Deadline(longest)
        step._ends, step._longest = self._ends, longest
        return step

    def left(self) -> float:
        return min(self._longest, self._ends - monotonic())


def _left(timeout: float | None, late: type[Exception]) -> float | None:
    if not isinstance(timeout, Deadline):
        return timeout
    left = timeout.left()
    # To a socket 0 means not to wait, which is another error.
    if left <= 0:
        raise late("timed out")
    return left


class _Stream(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _left(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, _left(timeout, httpcore.ConnectTimeout)))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _Network(httpcore.SyncBackend):
    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: _Options = None,
    ) -> httpcore.NetworkStream:
        left = _left(timeout, httpcore.ConnectTimeout)
        return _Stream(super().connect_tcp(host, port, left, local_address, socket_options))


class _AsyncStream(httpcore.AsyncNetworkStream):
    def __init__(self, stream: httpcore.AsyncNetworkStream) -> None:
        self._stream = stream

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return await self._stream.read(max_bytes, _left(timeout, httpcore.ReadTimeout))

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        await self._stream.write(buffer, _left(timeout, httpcore.WriteTimeout))

    async def aclose(self) -> None:
        await self._stream.aclose()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        left = _left(timeout, httpcore.ConnectTimeout)
        return _AsyncStream(await self._stream.start_tls(ssl_context, server_hostname, left))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _AsyncNetwork(httpcore.AnyIOBackend):
    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: _Options = None,
    ) -> httpcore.AsyncNetworkStream:
        left = _left(timeout, httpcore.ConnectTimeout)
        return _AsyncStream(await super().connect_tcp(host, port, left, local_address, socket_options))


# They are asked without httpx.Client, which keeps cookies, follows redirects and merges URLs: twice the CPU for what is of no
# use here. A proxy of the environment is for the internet, and this server is beside the application. httpx has no option for
# the network, so the pools are made here.


class Transport(httpx.HTTPTransport):
    """A pool of connections."""

    def __init__(self, ssl_context: ssl.SSLContext | None) -> None:
        self._pool = httpcore.ConnectionPool(
            ssl_context=ssl_context,
            max_connections=100,
            max_keepalive_connections=100,
            keepalive_expiry=60,
            network_backend=_Network(),
        )


class AsyncTransport(httpx.AsyncHTTPTransport):
    """The same, to be awaited."""

    def __init__(self, ssl_context: ssl.SSLContext | None) -> None:
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=ssl_context,
            max_connections=100,
            max_keepalive_connections=100,
            keepalive_expiry=60,
            network_backend=_AsyncNetwork(),
        )
