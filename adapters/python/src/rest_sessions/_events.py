"""The calls that tell what happened: events as they come or by pages, and the history of a user."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Generator, Sequence
from contextlib import aclosing, closing
from time import sleep
from typing import Any, cast

import httpx

from ._connection import AsyncConnected, Connected
from ._listening import SILENCE, Heard, Listener
from ._protocol import Session
from .errors import SessionError

EventPage = dict[str, Any]


class EventCalls(Connected):
    """Calls that wait."""

    def history(self, subject: str) -> list[Session]:
        """Gives the sessions of a user that have ended, the latest end first, as far as the policy of the app keeps them."""
        return cast("list[Session]", self._send(self._calls.history(subject))["history"])

    def erase_history(self, subject: str) -> int:
        """Forgets the sessions of a user that have ended. It gives how many."""
        return int(self._send(self._calls.erase_history(subject))["erased"])

    def event_page(
        self,
        *,
        after: str | None = None,
        limit: int | None = None,
        types: Sequence[str] | None = None,
        subject: str | None = None,
        wait: float | None = None,
    ) -> EventPage:
        """Gives events of the app, the oldest first: `{"events", "next", "more", "resync"}`. `next`: where to go on from.

        `after`: a position; "end" for that of now, without events; None for the oldest event that is kept. `wait`: how long the
        server may wait for events when there are none, in seconds, up to 30. `more`: there are events behind `next` already;
        with a choice of types or of a subject a page may be empty and there be more. `resync`: events behind `after` are not
        kept any more, and the page begins with the oldest that is.
        """
        return _page(self._send(self._calls.event_page(after, limit, types, subject, wait)))

    def listen(
        self,
        *,
        after: str | None = None,
        types: Sequence[str] | None = None,
        subject: str | None = None,
        silence: float = SILENCE,
        on_lost: Callable[[SessionError], object] | None = None,
    ) -> Generator[Heard, None, None]:
        """Gives the events of the app as they happen.

        A lost connection is made again, and goes on behind the last event that was heard, so nothing is missed; an event may
        come twice. A loop that takes too long over an event makes the server drop the connection, and hears it where that has
        cost events.

        `after`: the position of the last event that was heard; None for now. `silence`: how long nothing may come before a
        connection is taken for dead, in seconds; the server sends something each 15. `on_lost` is told why a connection was
        lost, or why there was none. Errors: SessionError, where asking again does not help.
        """
        listener = Listener(self._settings, self._calls, after, types, subject)
        while True:
            call = listener.call()
            try:
                request = self._request(call, silence)
                with closing(self._http().handle_request(request)) as response:
                    if not listener.is_stream(response.status_code, response.headers):
                        body = response.read() if response.is_error else b""
                        raise listener.refused(call, response.status_code, response.headers, body)
                    for piece in response.iter_bytes():
                        yield from listener.take(piece)
                failure = listener.lost("the server has ended it")
            except httpx.TimeoutException as error:
                failure = listener.lost(f"nothing came for {silence} s ({type(error).__name__})")
            except httpx.HTTPError as error:
                failure = listener.lost(error or type(error).__name__)
            except SessionError as error:
                failure = error
            wait = listener.wait(failure)
            if on_lost is not None:
                on_lost(failure)
            sleep(wait)


class AsyncEventCalls(AsyncConnected):
    """The same, to be awaited."""

    async def history(self, subject: str) -> list[Session]:
        return cast("list[Session]", (await self._send(self._calls.history(subject)))["history"])

    async def erase_history(self, subject: str) -> int:
        return int((await self._send(self._calls.erase_history(subject)))["erased"])

    async def event_page(
        self,
        *,
        after: str | None = None,
        limit: int | None = None,
        types: Sequence[str] | None = None,
        subject: str | None = None,
        wait: float | None = None,
    ) -> EventPage:
        return _page(await self._send(self._calls.event_page(after, limit, types, subject, wait)))

    async def listen(
        self,
        *,
        after: str | None = None,
        types: Sequence[str] | None = None,
        subject: str | None = None,
        silence: float = SILENCE,
        on_lost: Callable[[SessionError], object] | None = None,
    ) -> AsyncGenerator[Heard, None]:
        """The same, to be awaited. Who leaves it before its end closes it: `async with aclosing(client.listen()) as events`."""
        listener = Listener(self._settings, self._calls, after, types, subject)
        while True:
            call = listener.call()
            try:
                request = self._request(call, silence)
                async with aclosing(await self._http().handle_async_request(request)) as response:
                    if not listener.is_stream(response.status_code, response.headers):
                        body = await response.aread() if response.is_error else b""
                        raise listener.refused(call, response.status_code, response.headers, body)
                    async for piece in response.aiter_bytes():
                        for heard in listener.take(piece):
                            yield heard
                failure = listener.lost("the server has ended it")
            except httpx.TimeoutException as error:
                failure = listener.lost(f"nothing came for {silence} s ({type(error).__name__})")
            except httpx.HTTPError as error:
                failure = listener.lost(error or type(error).__name__)
            except SessionError as error:
                failure = error
            wait = listener.wait(failure)
            if on_lost is not None:
                on_lost(failure)
            await asyncio.sleep(wait)


def _page(answer: EventPage) -> EventPage:
    return {"more": False, "resync": False, **answer}
